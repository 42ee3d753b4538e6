//! Tools that are programs, in real processes: what is enforced here, and what is not, is said.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use faultline_agent::tools::{FileAccess, ProcessLimits, Sandbox, Subprocess, ToolPolicy, enforced};
use faultline_agent::{Tool, ToolContext, ToolError, ToolOutput};
use serde_json::{Map, json};

use crate::folder::Folder;

/// A tool that is a line for `sh`. Only the walls that a test is about are asked for.
fn shell(script: &str) -> Subprocess {
    let schema = json!({"type": "object"});
    let open = Sandbox { network: true, best_effort: true, ..Sandbox::default() };
    Subprocess::new("shell", "A shell.", schema, ["/bin/sh", "-c", script]).with_sandbox(open)
}

async fn run(tool: &Subprocess) -> Result<ToolOutput, ToolError> {
    let input = json!({"n": 7}).as_object().unwrap().clone();
    tool.run(&input, &ToolContext::detached()).await
}

async fn text(tool: &Subprocess) -> String {
    match run(tool).await {
        Ok(ToolOutput::Text(text)) => text,
        Ok(ToolOutput::Json(json)) => json.to_string(),
        Err(error) => format!("error: {error}"),
    }
}

/// Whether a wall is there; where not, the test says so.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn there(wall: bool, name: &str) -> bool {
    if !wall {
        println!("skipped: this machine does not enforce {name}");
        let all = std::env::var("FAULTLINE_REQUIRE_ALL").is_ok_and(|value| value == "1");
        assert!(!all, "everything is required, but {name} is not enforced");
    }
    wall
}

#[tokio::test]
async fn a_program_gets_the_input_as_json_and_an_environment_of_its_own() {
    assert_eq!(run(&shell("cat")).await, Ok(ToolOutput::Json(json!({"n": 7}))));
    let tool = shell("echo \"$WHO:$HOME:$USER\"").with_environment("WHO", "me");
    assert_eq!(text(&tool).await, "me::");
    assert_eq!(text(&shell("echo no >&2; exit 3")).await, "error: The program ended with status 3. no");
    assert_eq!(run(&shell("exit 75")).await, Err(ToolError::transient("The program asks for another try.")));
    let missing = Subprocess::new("x", "X.", json!({"type": "object"}), ["/no/such/program"]);
    let sandbox = Sandbox { network: true, best_effort: true, ..Sandbox::default() };
    assert!(
        text(&missing.with_sandbox(sandbox)).await.starts_with("error: The program ended with status 127.")
    );
}

#[tokio::test]
async fn a_program_that_writes_too_much_or_does_not_read_ends() {
    let limits = ProcessLimits { output: 1000, ..ProcessLimits::default() };
    let sandbox = Sandbox { limits, network: true, best_effort: true, ..Sandbox::default() };
    let endless = shell("while :; do echo yes; done").with_sandbox(sandbox);
    assert_eq!(text(&endless).await, "error: The program wrote more than 1000 bytes and was stopped.");
    let input: Map<_, _> = [("long".to_owned(), json!("x".repeat(1 << 20)))].into_iter().collect();
    let deaf = shell("echo done; head -c 100000 /dev/zero >&2");
    assert_eq!(deaf.run(&input, &ToolContext::detached()).await, Ok(ToolOutput::Text("done".into())));
}

#[tokio::test]
async fn what_a_program_started_ends_with_the_call() {
    let folder = Folder::new("group");
    let pipe = folder.0.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let script = format!("(echo up; exec sleep 1000) > {} & wait", pipe.display());
    let tool = shell(&script);
    let (tell, up) = tokio::sync::oneshot::channel();
    let held = tokio::task::spawn_blocking(move || {
        let mut pipe = BufReader::new(fs::File::open(pipe).unwrap());
        let mut first = String::new();
        pipe.read_line(&mut first).unwrap();
        tell.send(first).unwrap();
        // The pipe ends when the last process that holds it has ended.
        pipe.lines().count()
    });
    tokio::select! {
        _ = run(&tool) => panic!("it waits for a thousand seconds"),
        first = up => assert_eq!(first.unwrap(), "up\n"),
    }
    assert_eq!(held.await.unwrap(), 0);
}

#[tokio::test]
async fn limits_of_the_kernel_hold() {
    if !there(enforced().limits, "resource limits") {
        return;
    }
    let folder = Folder::new("limits");
    let limited = |script: &str| {
        let limits = ProcessLimits {
            cpu: Some(Duration::from_secs(1)),
            memory: Some(64 << 20),
            file_size: Some(1024),
            open_files: Some(16),
            ..ProcessLimits::default()
        };
        shell(script)
            .with_sandbox(Sandbox { limits, network: true, ..Sandbox::default() })
            .with_folder(&folder.0)
    };
    assert_eq!(text(&limited("ulimit -n; ulimit -f; ulimit -v; ulimit -t")).await, "16\n2\n65536\n1");
    let error = text(&limited("head -c 500000000 /dev/zero | tail -n 1 > /dev/null")).await;
    assert!(error.contains("memory exhausted"), "{error}");
    text(&limited("head -c 5000 /dev/zero > big")).await;
    assert_eq!(fs::metadata(folder.0.join("big")).unwrap().len(), 1024);
    let error = run(&limited("while :; do :; done")).await.unwrap_err();
    assert!(error.transient && error.message.contains("signal"), "{error}");
}

#[tokio::test]
async fn without_a_network_there_is_no_interface_and_nothing_outlives_the_call() {
    if !there(enforced().network, "a network without interfaces") {
        return;
    }
    let inside = |script: &str| shell(script).with_sandbox(Sandbox::default());
    let interfaces = text(&inside("cat /proc/net/dev")).await;
    let names: Vec<_> =
        interfaces.lines().filter_map(|line| line.split_once(':')).map(|it| it.0.trim()).collect();
    assert_eq!(names, ["lo"], "{interfaces}");
    let folder = Folder::new("outlive");
    let pipe = folder.0.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(std::process::Command::new("mkfifo").arg(folder.0.join("ready")).status().unwrap().success());
    let held = tokio::task::spawn_blocking(move || fs::read_to_string(pipe).unwrap());
    // `setsid` leaves the group, but not the namespace.
    let script =
        "setsid sh -c 'echo up; echo go > ready; exec sleep 1000' > pipe 2>&1 < /dev/null & read go < ready";
    text(&inside(script).with_folder(&folder.0)).await;
    assert_eq!(held.await.unwrap(), "up\n");
}

#[tokio::test]
async fn only_the_files_that_are_named_can_be_touched() {
    if !there(enforced().files, "restricted files") {
        return;
    }
    let folder = Folder::new("files");
    let (read, write) = (folder.0.join("read"), folder.0.join("write"));
    [&read, &write].into_iter().for_each(|it| fs::create_dir(it).unwrap());
    fs::write(folder.0.join("secret"), "secret").unwrap();
    fs::write(read.join("note"), "note").unwrap();
    let inside = |network, script: String| {
        let files = FileAccess { read: vec![read.clone()], write: vec![write.clone()] };
        shell(&script).with_sandbox(Sandbox { network, files: Some(files), ..Sandbox::default() })
    };
    let path = |path: &Path| path.display().to_string();
    let networks: &[bool] = if enforced().network { &[true, false] } else { &[true] };
    for network in networks {
        let note = format!("cat {0}/note && echo x > {1}/new && cat {1}/new", path(&read), path(&write));
        assert_eq!(text(&inside(*network, note)).await, "notex");
        let denied = [
            format!("cat {}/secret", path(&folder.0)),
            format!("echo x > {}/note", path(&read)),
            "cat /etc/passwd".to_owned(),
        ];
        for script in denied {
            let error = text(&inside(*network, script)).await;
            assert!(error.contains("Permission denied"), "{error}");
        }
    }
    assert_eq!(fs::read_to_string(read.join("note")).unwrap(), "note");
    fs::read(folder.0.join("secret")).unwrap();
}

#[tokio::test]
async fn a_slow_program_leaves_what_it_said_by_its_soft_timeout() {
    use crate::script::{Server, ask_on, calls, config, says};
    use faultline_agent::{Conversation, Mode, Toolbox};
    let policy = ToolPolicy { soft_timeout: Some(Duration::from_secs(2)), ..ToolPolicy::read() };
    let toolbox = Toolbox::new().with(shell("echo one; exec sleep 1000").with_policy(policy)).unwrap();
    let server = Server::new([calls("a", "shell", &["{}"]), says("done")]);
    let outcome = ask_on(&server, config(Mode::Streaming), toolbox, &mut Conversation::new()).await;
    let told = outcome.last_message(1)[0]["toolResult"]["content"][0]["text"].clone();
    assert_eq!(told, "one\n\n[This result is partial: the tool was stopped after 2s.]");
}
