//! An order book in memory, and the tool that looks into it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Tool, ToolContext, ToolError, ToolFuture, ToolOutput, ToolPolicy, text_member};

/// Orders by id, each with its status.
#[derive(Debug, Clone)]
pub struct OrderBook(BTreeMap<String, String>);

impl OrderBook {
    /// A book of `(order id, status)`; the last one of an id wins.
    pub fn new<I: Into<String>, S: Into<String>>(orders: impl IntoIterator<Item = (I, S)>) -> Self {
        Self(orders.into_iter().map(|(id, status)| (id.into(), status.into())).collect())
    }
}

impl Default for OrderBook {
    /// Three orders: A-10293 shipped, B-4410 packed, C-7731 delayed.
    fn default() -> Self {
        Self::new([("A-10293", "shipped"), ("B-4410", "packed"), ("C-7731", "delayed")])
    }
}

/// The tool `get_order_status`: `{"order_id": "A-10293"}`.
#[derive(Debug, Clone, Default)]
pub struct GetOrderStatus {
    book: OrderBook,
}

impl GetOrderStatus {
    /// The tool over a given book.
    #[must_use]
    pub fn new(book: OrderBook) -> Self {
        Self { book }
    }
}

impl Tool for GetOrderStatus {
    fn name(&self) -> &str {
        "get_order_status"
    }

    fn description(&self) -> &str {
        "Looks up the status of an order by its id."
    }

    fn policy(&self) -> ToolPolicy {
        ToolPolicy::read()
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "order_id": { "type": "string", "description": "For example: A-10293" }
            },
            "required": ["order_id"]
        })
    }

    fn run<'a>(&'a self, input: &'a Map<String, Value>, _: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            let id = text_member(input, "order_id")?;
            match self.book.0.get(id) {
                Some(status) => Ok(ToolOutput::Json(json!({ "order_id": id, "status": status }))),
                None => Err(ToolError::new(format!("There is no order {id:?}."))),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(input: Value, expected: Result<Value, &str>) {
        let result =
            GetOrderStatus::default().run(input.as_object().unwrap(), &ToolContext::detached()).await;
        let expected = expected.map(ToolOutput::Json).map_err(ToolError::new);
        assert_eq!(result, expected, "{input}");
    }

    #[tokio::test]
    async fn an_order_is_found_by_its_id() {
        check(json!({"order_id": "A-10293"}), Ok(json!({"order_id": "A-10293", "status": "shipped"}))).await;
        check(json!({"order_id": "B-4410"}), Ok(json!({"order_id": "B-4410", "status": "packed"}))).await;
        check(json!({"order_id": "C-7731"}), Ok(json!({"order_id": "C-7731", "status": "delayed"}))).await;
        check(json!({"order_id": "Z"}), Err("There is no order \"Z\".")).await;
        check(json!({}), Err("`order_id` is required and was not given")).await;
        check(json!({"order_id": 7}), Err("`order_id` must be a string, but it is 7")).await;
    }
}
