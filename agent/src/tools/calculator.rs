//! A calculator: `+ - * /`, parentheses, unary signs, decimals. A recursive descent parser over characters.

use serde_json::{Map, Value, json};

use super::{Tool, ToolContext, ToolError, ToolFuture, ToolOutput, ToolPolicy, text_member};

/// How deep parentheses and signs may nest, so that no input can exhaust the stack.
const MAX_DEPTH: usize = 64;

/// The tool `calculator`: `{"expression": "2 * (3 + 4)"}`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Calculator;

impl Tool for Calculator {
    fn name(&self) -> &str {
        "calculator"
    }

    fn description(&self) -> &str {
        "Works out an arithmetic expression with + - * / and parentheses."
    }

    fn policy(&self) -> ToolPolicy {
        ToolPolicy::read()
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "expression": { "type": "string", "description": "For example: 2 * (3 + 4.5)" }
            },
            "required": ["expression"]
        })
    }

    fn run<'a>(&'a self, input: &'a Map<String, Value>, _: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            let value = evaluate(text_member(input, "expression")?).map_err(ToolError::new)?;
            Ok(ToolOutput::Text(shown(value)))
        })
    }
}

/// Fourteen significant digits after the first: what a double holds without the noise of binary fractions.
fn shown(value: f64) -> String {
    let rounded = format!("{value:.14e}").parse().unwrap_or(value);
    // Adding zero turns -0 into 0.
    format!("{}", rounded + 0.0)
}

fn evaluate(expression: &str) -> Result<f64, String> {
    let mut parser = Parser { rest: expression.trim_start(), depth: 0 };
    let value = parser.sum()?;
    if let Some(c) = parser.rest.chars().next() {
        return Err(format!("unexpected {c:?} in {expression:?}"));
    }
    if value.is_finite() { Ok(value) } else { Err(format!("the result of {expression:?} is too large")) }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        loop {
            if self.eat('+') {
                value += self.product()?;
            } else if self.eat('-') {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.factor()?;
        loop {
            if self.eat('*') {
                value *= self.factor()?;
            } else if self.eat('/') {
                let divisor = self.factor()?;
                if divisor == 0.0 {
                    return Err("division by zero".to_owned());
                }
                value /= divisor;
            } else {
                return Ok(value);
            }
        }
    }

    fn factor(&mut self) -> Result<f64, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("the expression nests deeper than {MAX_DEPTH}"));
        }
        let value = self.unbounded_factor();
        self.depth -= 1;
        value
    }

    fn unbounded_factor(&mut self) -> Result<f64, String> {
        if self.eat('-') {
            return self.factor().map(|value| -value);
        }
        if self.eat('+') {
            return self.factor();
        }
        if !self.eat('(') {
            return self.number();
        }
        let value = self.sum()?;
        if self.eat(')') { Ok(value) } else { Err("a closing parenthesis is missing".to_owned()) }
    }

    fn number(&mut self) -> Result<f64, String> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        let value = digits.parse().map_err(|_| match self.rest.chars().next() {
            Some(c) => format!("a number was expected at {c:?}"),
            None => "the expression ends too early".to_owned(),
        })?;
        self.rest = rest.trim_start();
        Ok(value)
    }

    fn eat(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expected: Result<&str, &str>) {
        let result = evaluate(expression).map(shown);
        assert_eq!(result.as_deref().map_err(String::as_str), expected, "{expression}");
    }

    #[test]
    fn expressions_are_worked_out_by_precedence() {
        check("2+3*4", Ok("14"));
        check(" ( 2 + 3 ) * 4 ", Ok("20"));
        check("10/4", Ok("2.5"));
        check("8/4/2", Ok("1"));
        check("10-2-3", Ok("5"));
        check("-(3+4)*-2", Ok("14"));
        check("2--3", Ok("5"));
        check("+.5", Ok("0.5"));
        check("0.1+0.2", Ok("0.3"));
        check("-0", Ok("0"));
    }

    #[test]
    fn a_bad_expression_is_explained() {
        check("", Err("the expression ends too early"));
        check("2+", Err("the expression ends too early"));
        check("1/0", Err("division by zero"));
        check("(1", Err("a closing parenthesis is missing"));
        check("1)", Err("unexpected ')' in \"1)\""));
        check("1.2.3", Err("a number was expected at '1'"));
        check("x", Err("a number was expected at 'x'"));
        check(&"(".repeat(100_000), Err("the expression nests deeper than 64"));
        check(&"-".repeat(100_000), Err("the expression nests deeper than 64"));
        assert!(
            evaluate(&["9".repeat(300), "9".repeat(300)].join("*")).unwrap_err().ends_with("is too large")
        );
    }
}
