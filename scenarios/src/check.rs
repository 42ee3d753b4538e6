//! Checks a document against the schema and says everything that is wrong, not the first thing.
//!
//! It interprets the part of JSON Schema that our own schema uses. Where several forms are allowed it goes by
//! the one that the author meant: by the value's type, or by the name of a map's only member.

use crate::form::Form;
use crate::near::with_guess;
use crate::node::{Kind, Member, Node, Place};
use crate::problem::Problem;
use crate::wording::{article, describe, out_of_range, wrong_type};
use serde_json::Value;

/// Every way in which `node` breaks `schema`.
pub(crate) fn check(schema: &Value, node: &Node) -> Vec<Problem> {
    if !matches!(node.kind, Kind::Map(_)) {
        let message = match &node.kind {
            Kind::Scalar(Value::Null) => "there is no scenario here".to_owned(),
            _ => format!("a scenario is a map, this is {}", describe(node)),
        };
        return vec![Problem::new("", node.place, message).hint("begin with `faultline: 1` and `replies:`")];
    }
    let mut checker = Checker { root: schema, problems: Vec::new() };
    checker.value(schema, node, "");
    checker.problems
}

struct Checker<'a> {
    root: &'a Value,
    problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn value(&mut self, schema: &'a Value, node: &Node, path: &str) {
        let schema = self.resolve(schema);
        if let Some(forms) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
            return self.one_of(forms, node, path);
        }
        if !self.has_type(schema, node, path) {
            return;
        }
        match &node.kind {
            Kind::Scalar(value) => self.scalar(schema, value, node.place, path),
            Kind::List(items) => self.list(schema, items, node.place, path),
            Kind::Map(members) => self.map(schema, members, node.place, path),
        }
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let target =
            schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        target.and_then(|pointer| self.root.pointer(pointer)).map_or(schema, |found| self.resolve(found))
    }

    /// Goes by the form that the author meant; says what the forms are when there is none.
    fn one_of(&mut self, forms: &'a [Value], node: &Node, path: &str) {
        let forms: Vec<&Value> = forms.iter().flat_map(|form| self.flat(form)).collect();
        let meant = forms.iter().find(|form| fits_roughly(form, node));
        if let Some(form) = meant {
            return self.value(form, node, path);
        }
        let problem = self.no_form(&forms, node, path);
        self.problems.push(problem);
    }

    /// The value has none of the forms that it may have.
    fn no_form(&self, forms: &[&'a Value], node: &Node, path: &str) -> Problem {
        let tags = forms.iter().filter(|form| is_tagged(form)).flat_map(|form| names_of(form));
        let tags: Vec<String> = tags.collect();
        let mut names: Vec<String> =
            forms.iter().filter(|form| allowed(form).is_some()).flat_map(|form| names_of(form)).collect();
        names.extend(tags.iter().filter(|tag| !names.contains(tag)).cloned().collect::<Vec<_>>());
        let problem = |message: String| Problem::new(path, node.place, message);
        match &node.kind {
            Kind::Scalar(Value::String(given)) if tags.contains(given) => {
                let settings = self.settings_of(forms, given).join(": …, ");
                let hint = match settings.as_str() {
                    "" => format!("write `{given}: …`"),
                    settings => format!("write `{given}: {{ {settings}: … }}`"),
                };
                problem(format!("`{given}` needs settings")).hint(hint)
            }
            Kind::Map(members) if members.len() > 1 && !tags.is_empty() => {
                let given: Vec<&str> = members.iter().map(|(name, ..)| name.as_str()).collect();
                problem(format!("only one can be given, these are {}: {}", given.len(), given.join(", ")))
            }
            Kind::Map(members) if members.len() == 1 && !tags.is_empty() => {
                let given = &members[0].0;
                let problem = problem(format!("`{given}` is not one of: {}", tags.join(", ")));
                with_guess(problem, given, tags.iter().map(String::as_str))
            }
            Kind::Scalar(Value::String(given)) if !names.is_empty() => {
                let problem = problem(format!("`{given}` is not one of: {}", names.join(", ")));
                with_guess(problem, given, names.iter().map(String::as_str))
            }
            _ => wrong_type(&forms.iter().flat_map(|form| types(form)).collect::<Vec<_>>(), node, path),
        }
    }

    /// The settings that the form named `tag` cannot do without.
    fn settings_of(&self, forms: &[&'a Value], tag: &str) -> Vec<&'a str> {
        let inner = forms.iter().find_map(|form| form.pointer(&format!("/properties/{tag}")));
        let inner = inner.map(|inner| self.resolve(inner));
        faultline_wire::message::list(inner.and_then(|inner| inner.get("required")))
            .iter()
            .filter_map(Value::as_str)
            .collect()
    }

    /// Forms within forms, as one list.
    fn flat(&self, form: &'a Value) -> Vec<&'a Value> {
        let form = self.resolve(form);
        match form.get("anyOf").or_else(|| form.get("oneOf")).and_then(Value::as_array) {
            Some(inner) => inner.iter().flat_map(|form| self.flat(form)).collect(),
            None => vec![form],
        }
    }

    fn has_type(&mut self, schema: &Value, node: &Node, path: &str) -> bool {
        let allowed = types(schema);
        if allowed.is_empty() || allowed.iter().any(|name| is_type(name, node)) {
            return true;
        }
        let problem = wrong_type(&allowed, node, path);
        let form = Form::of(schema).map(Form::hint);
        self.problems.push(if let Some(hint) = form { problem.hint(hint) } else { problem });
        false
    }

    fn scalar(&mut self, schema: &Value, value: &Value, place: Place, path: &str) {
        if let Some(allowed) = allowed(schema).filter(|allowed| !allowed.contains(&value)) {
            let names: Vec<&str> = allowed.iter().filter_map(|value| value.as_str()).collect();
            let given = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let problem = Problem::new(path, place, format!("`{given}` is not one of: {}", names.join(", ")));
            return self.problems.push(with_guess(problem, &given, names.into_iter()));
        }
        if let Some((form, message)) =
            Form::of(schema).and_then(|form| Some((form, form.refuses(value.as_str()?)?)))
        {
            self.problems.push(Problem::new(path, place, message).hint(form.hint()));
        }
        if let Some(message) = value.as_f64().and_then(|number| out_of_range(schema, number)) {
            self.problems.push(Problem::new(path, place, message));
        }
    }

    fn list(&mut self, schema: &'a Value, items: &[Node], place: Place, path: &str) {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        if (items.len() as u64) < least {
            self.problems.push(Problem::new(path, place, format!("wanted at least {least}, there is none")));
        }
        let Some(inner) = schema.get("items") else { return };
        for (at, item) in items.iter().enumerate() {
            self.value(inner, item, &format!("{path}[{at}]"));
        }
    }

    fn map(&mut self, schema: &'a Value, members: &[Member], place: Place, path: &str) {
        let known = schema.get("properties").and_then(Value::as_object);
        let more = schema.get("additionalProperties");
        for (name, at, node) in members {
            let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match (known.and_then(|known| known.get(name)), more) {
                (Some(inner), _) => self.value(inner, node, &below),
                (None, Some(Value::Bool(false))) => {
                    let names: Vec<&str> =
                        known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                    self.unknown_key(name, *at, path, &names);
                }
                (None, Some(inner)) => self.value(inner, node, &below),
                (None, None) => {}
            }
        }
        self.missing(schema, members, place, path);
    }

    fn unknown_key(&mut self, name: &str, place: Place, path: &str, known: &[&str]) {
        let problem = Problem::new(path, place, format!("unknown key `{name}`"));
        let problem = with_guess(problem, name, known.iter().copied());
        let hint = problem.hint.clone().unwrap_or_else(|| format!("known here: {}", known.join(", ")));
        self.problems.push(problem.hint(hint));
    }

    fn missing(&mut self, schema: &Value, members: &[Member], place: Place, path: &str) {
        let required = faultline_wire::message::list(schema.get("required")).iter().filter_map(Value::as_str);
        for name in required.filter(|name| !members.iter().any(|(there, ..)| there == name)) {
            let problem = Problem::new(path, place, format!("`{name}` is missing"));
            let about = schema.pointer(&format!("/properties/{name}/description")).and_then(Value::as_str);
            let about = about.and_then(|text| text.split(". ").next()).map(|text| text.trim_end_matches('.'));
            self.problems.push(if let Some(about) = about { problem.hint(about) } else { problem });
        }
    }
}

/// The values that a scalar may have.
fn allowed(schema: &Value) -> Option<Vec<&Value>> {
    let list = schema.get("enum").and_then(Value::as_array).map(|values| values.iter().collect());
    list.or_else(|| schema.get("const").map(|value| vec![value]))
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_type(name: &str, node: &Node) -> bool {
    match (&node.kind, name) {
        (Kind::Map(_), "object") | (Kind::List(_), "array") => true,
        (Kind::Scalar(value), "string") => value.is_string(),
        (Kind::Scalar(value), "boolean") => value.is_boolean(),
        (Kind::Scalar(value), "null") => value.is_null(),
        (Kind::Scalar(value), "number") => value.is_number(),
        (Kind::Scalar(value), "integer") => value.is_u64() || value.is_i64(),
        _ => false,
    }
}

/// The form's type is the value's type, and for maps of one named member the name is the same.
fn fits_roughly(form: &Value, node: &Node) -> bool {
    let types = types(form);
    if !types.is_empty() && !types.iter().any(|name| is_type(name, node)) {
        return false;
    }
    match (&node.kind, allowed(form)) {
        (Kind::Scalar(value), Some(allowed)) => allowed.contains(&value),
        (Kind::Map(members), _) => {
            let named = names_of(form);
            !is_tagged(form) || (members.len() == 1 && named.contains(&members[0].0))
        }
        _ => true,
    }
}

/// One branch of an enum: an object of one required member.
fn is_tagged(form: &Value) -> bool {
    let required = faultline_wire::message::list(form.get("required")).len();
    required == 1
        && form.get("properties").and_then(Value::as_object).is_some_and(|members| members.len() == 1)
}

fn names_of(form: &Value) -> Vec<String> {
    if let Some(values) = allowed(form) {
        return values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
    }
    if is_tagged(form) {
        return form
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect();
    }
    types(form).into_iter().map(article).collect()
}
