//! Tools of MCP servers, against a server of plain JSON lines that shares nothing with the SDK.

use faultline_agent::tools::{McpServer, ToolPolicy};
use faultline_agent::{Conversation, Mode, Tool, ToolContext, ToolError, ToolOutput, Toolbox};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, split};

use crate::script::{Server, ask_on, calls, config, says};

/// Answers requests as a server with two tools; ends at a call of `die`.
async fn serve(stream: DuplexStream) {
    let (read, mut write) = split(stream);
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let request: Value = serde_json::from_str(&line).unwrap();
        let Some(result) = answer(&request) else { return };
        if let Some(id) = request.get("id") {
            let mut reply = json!({"jsonrpc": "2.0", "id": id});
            reply.as_object_mut().unwrap().extend(result.as_object().unwrap().clone());
            write.write_all(format!("{reply}\n").as_bytes()).await.unwrap();
        }
    }
}

fn answer(request: &Value) -> Option<Value> {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    Some(match request["method"].as_str().unwrap() {
        "initialize" => json!({"result": {
            "protocolVersion": request["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "lines", "version": "1"}
        }}),
        "tools/list" => json!({"result": {"tools": [
            {"name": "dotted.name", "description": "Doubles.", "inputSchema": schema},
            {"name": "bare", "inputSchema": schema}
        ]}}),
        "tools/call" => return call(&request["params"]),
        _ => json!({"result": {}}),
    })
}

fn call(params: &Value) -> Option<Value> {
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let result = match params["arguments"]["n"].as_i64().unwrap() {
        0 => return None,
        1 => json!({"content": text("no"), "isError": true}),
        2 => return Some(json!({"error": {"code": -32602, "message": "not that one"}})),
        3 => {
            json!({"content": [{"type": "text", "text": "a"}, {"type": "image", "data": "", "mimeType": "image/png"}]})
        }
        n => json!({"content": text("x"), "structuredContent": {"of": params["name"], "double": 2 * n}}),
    };
    Some(json!({ "result": result }))
}

async fn server() -> McpServer {
    let (here, there) = tokio::io::duplex(4096);
    tokio::spawn(serve(there));
    let (read, write) = split(here);
    McpServer::over(read, write).await.unwrap()
}

#[tokio::test]
async fn the_servers_tools_are_called_and_their_results_read() {
    let tools = server().await.tools().await.unwrap();
    assert_eq!((tools[0].name(), tools[0].description()), ("dotted.name", "Doubles."));
    assert_eq!((tools[1].name(), tools[1].description()), ("bare", "bare"));
    assert_eq!(tools[0].policy(), ToolPolicy::default(), "a write until somebody knows better");
    let expected = [
        (7, Ok(ToolOutput::Json(json!({"of": "dotted.name", "double": 14})))),
        (3, Ok(ToolOutput::Text("a\n(an image)".into()))),
        (1, Err(ToolError::new("no"))),
        (2, Err(ToolError::new("not that one"))),
    ];
    for (n, expected) in expected {
        let result = tools[0].run(json!({"n": n}).as_object().unwrap(), &ToolContext::detached()).await;
        assert_eq!(result, expected, "{n}");
    }
    let gone =
        tools[0].run(json!({"n": 0}).as_object().unwrap(), &ToolContext::detached()).await.unwrap_err();
    assert!(gone.transient && gone.message.starts_with("The MCP server did not answer: "), "{gone}");
}

#[tokio::test]
async fn a_model_calls_a_servers_tool_under_a_name_that_bedrock_takes() {
    let tool = server().await.tools().await.unwrap().remove(0);
    assert!(Toolbox::new().with(tool.clone()).is_err(), "a dot is illegal");
    let toolbox = Toolbox::new().with(tool.with_name("double")).unwrap();
    let model = Server::new([
        calls("a", "double", &[r#"{"n": 4}"#]),
        calls("b", "double", &[r#"{"n": "x"}"#]),
        says("done"),
    ]);
    let outcome = ask_on(&model, config(Mode::Streaming), toolbox, &mut Conversation::new()).await;
    let content = outcome.last_message(1)[0]["toolResult"]["content"].clone();
    assert_eq!(content, json!([{"json": {"of": "dotted.name", "double": 8}}]));
    assert_eq!(outcome.last_message(2)[0]["toolResult"]["status"], "error");
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_is_no_server_is_an_error() {
    use faultline_agent::tools::Sandbox;
    let open = || Sandbox { network: true, best_effort: true, ..Sandbox::default() };
    let none: [(&str, &str); 0] = [];
    let error = McpServer::start(["/bin/true"], none, open()).await.unwrap_err().to_string();
    assert!(error.starts_with("the MCP server cannot be talked to: "), "{error}");
}

/// A server in `sh`: each request gets the answer for its method, under its id.
#[cfg(unix)]
const SHELL: &str = r#"
while read -r line; do
  id=$(echo "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
    *'"initialize"'*) result='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}' ;;
    *'"tools/list"'*) result='{"tools":[{"name":"who","description":"Says who.","inputSchema":{"type":"object"}}]}' ;;
    *'"tools/call"'*) result='{"content":[{"type":"text","text":"'$WHO'"}]}' ;;
    *) continue ;;
  esac
  echo '{"jsonrpc":"2.0","id":'$id',"result":'$result'}'
done"#;

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_is_a_program_is_talked_to_within_its_walls() {
    let sandbox = faultline_agent::tools::Sandbox { best_effort: true, ..Default::default() };
    let server = McpServer::start(["/bin/sh", "-c", SHELL], [("WHO", "me")], sandbox).await.unwrap();
    let tools = server.tools().await.unwrap();
    drop(server);
    let said = tools[0].run(&serde_json::Map::new(), &ToolContext::detached()).await;
    assert_eq!(said, Ok(ToolOutput::Text("me".into())));
}
