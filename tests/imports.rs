//! `faultline import`, `faultline export` and cassettes that are switched while a server runs, as their users see them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/command.rs"]
mod command;
#[path = "support/recorded.rs"]
mod recorded;
#[path = "support/served.rs"]
mod served;

use command::{code, faultline, file, run, temporary, text};
use recorded::{Answer, both, nock, stream, unary};
use serde_json::{Value, json};
use served::{Served, post, saying};
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    let path = temporary(name);
    let _ = std::fs::remove_dir_all(&path);
    path
}

/// The files of a folder, by name.
fn files(folder: &Path) -> Vec<String> {
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = all.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn good_recordings_are_imported_beside_bad_ones_and_each_is_told() {
    let into = folder("imports-mixed");
    let key = format!("AKIA{}", "A1B2C3D4E5F6G7H8");
    let secret =
        nock("converse", &format!("I am {key} with order ORD-77"), 200, &Answer::Json(unary("Yes.")));
    let elsewhere =
        json!({"scope": "https://api.example.com", "method": "GET", "path": "/v1/x", "status": 200});
    let broken = json!({"scope": "https://x", "method": "POST", "path": "/model/m/converse", "status": 7});
    let good = file("imports-good.json", &json!([secret, elsewhere, broken]).to_string());
    let unknown = file("imports-unknown.yaml", "just: some\nother: file\n");
    let arguments =
        ["import", &good, &unknown, "--into", into.to_str().unwrap(), "--redact", "order=ORD-[0-9]+"];
    let output = run(&arguments);
    let said = text(&output.stdout).replace(env!("CARGO_TARGET_TMPDIR"), "TMP");
    assert_eq!(code(&output), 3, "{said}");
    for line in [
        "imports-good.json: nock, 1 imported into TMP/imports-mixed/imports-good\n",
        "  skipped exchange 2: GET https://api.example.com/v1/x is no operation of Bedrock Runtime\n",
        "  broken exchange 3: its status is 7: an answer has one from 200 to 599\n",
        "imports-unknown.yaml: not imported: no recording that is known; where it is one all the same",
        "2 files: 1 exchange imported into 1 cassette, 2 with problems\n",
        "redacted access-key-id: 1 (",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let written = std::fs::read_to_string(into.join("imports-good/001-converse.yaml")).unwrap();
    assert!(!written.contains(&key) && !written.contains("ORD-77"), "{written}");
    assert!(written.contains("by: nock, test: imports-good"), "{written}");
}

#[test]
fn nothing_is_overwritten_unless_it_is_asked_for() {
    let into = folder("imports-force");
    let source = file("imports-suite.json", &both());
    let arguments = ["import", &source, "--into", into.to_str().unwrap(), "--test", "a::test"];
    assert_eq!(code(&run(&arguments)), 0);
    let own = into.join("a__test");
    assert_eq!(files(&own), ["001-converse-stream.yaml", "002-converse.yaml"]);
    let before = std::fs::read_to_string(own.join("002-converse.yaml")).unwrap();
    let one = nock("converse", "one", 200, &Answer::Json(unary("One.")));
    let source = file("imports-suite.json", &json!([one]).to_string());
    let arguments = ["import", &source, "--into", into.to_str().unwrap(), "--test", "a::test"];
    let refused = run(&arguments);
    assert_eq!(code(&refused), 3);
    assert!(text(&refused.stdout).contains("has cassettes already: --force replaces them"));
    assert_eq!(std::fs::read_to_string(own.join("002-converse.yaml")).unwrap(), before);
    let forced = run(&[&arguments[..], &["--force"]].concat());
    assert_eq!((code(&forced), files(&own)), (0, vec!["001-converse.yaml".to_owned()]));
}

#[test]
fn a_folder_is_imported_whole_with_a_test_for_each_file() {
    let (from, into) = (folder("imports-from"), folder("imports-into"));
    std::fs::create_dir_all(from.join("sub/__files")).unwrap();
    std::fs::write(from.join("one.json"), both()).unwrap();
    std::fs::write(from.join("raw.es"), stream(&["Hi."])).unwrap();
    std::fs::write(from.join("package.json"), "{\"name\": \"x\"}").unwrap();
    std::fs::write(from.join("sub/__files/body.bin"), stream(&["Deep."])).unwrap();
    let mapping = json!({"request": {"url": "/model/m/converse-stream", "method": "POST"},
        "response": {"status": 200, "bodyFileName": "body.bin"}});
    std::fs::write(from.join("sub/mapping.json"), mapping.to_string()).unwrap();
    let output = run(&["import", from.to_str().unwrap(), "--into", into.to_str().unwrap(), "--json"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let kinds: Vec<(&str, u64)> = said["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["kind"].as_str().unwrap_or("none"), file["imported"].as_u64().unwrap()))
        .collect();
    assert_eq!(kinds, [("nock", 2), ("none", 0), ("es", 1), ("wiremock", 1)]);
    assert_eq!(files(&into), ["one", "raw", "sub"]);
    assert_eq!(code(&run(&["check", into.to_str().unwrap()])), 0);
}

#[test]
fn what_was_imported_is_served_byte_for_byte() {
    let into = folder("imports-served");
    let source = file("imports-served.json", &both());
    assert_eq!(code(&run(&["import", &source, "--into", into.to_str().unwrap()])), 0);
    let served = Served::start(&mut faultline(&["serve", into.to_str().unwrap(), "--json"]));
    let path = "/model/amazon.nova-lite-v1:0/converse";
    let answer = post(&served.address(), path, "", &saying("unary")).unwrap();
    assert!(answer.ends_with(&unary("Yes, “quoted”.").to_string()), "{answer}");
    let missed = post(&served.address(), path, "", &saying("else")).unwrap();
    assert!(missed.contains("no scenario answers this request"), "{missed}");
    assert_eq!(code(&served.stop()), 0);
}

#[test]
fn what_is_exported_as_har_comes_back_the_same() {
    let (into, again) = (folder("imports-har"), folder("imports-har-again"));
    let har = temporary("imports-export.har").display().to_string();
    let source = file("imports-har.json", &both());
    assert_eq!(code(&run(&["import", &source, "--into", into.to_str().unwrap(), "--test", "t"])), 0);
    let exported = run(&["export", "--har", into.to_str().unwrap(), "--out", &har]);
    assert_eq!((code(&exported), text(&exported.stderr)), (0, "2 exchanges exported\n".to_owned()));
    assert_eq!(code(&run(&["import", &har, "--into", again.to_str().unwrap(), "--test", "t"])), 0);
    for name in files(&into.join("t")) {
        let read = |root: &Path| std::fs::read_to_string(root.join("t").join(&name)).unwrap();
        assert_eq!(read(&into), read(&again).replace("by: har", "by: nock"));
    }
    let scenario = file("imports-scenario.yaml", "faultline: 1\nreplies: [{message: [{text: hi}]}]\n");
    let output = run(&["export", "--vcrpy", &scenario]);
    assert_eq!(code(&output), 3);
    assert!(text(&output.stderr).contains("not exported: reply 1"), "{}", text(&output.stderr));
    assert_eq!(code(&run(&["export", &scenario])), 2, "a form must be chosen");
}

/// Sends an admin request.
fn admin(served: &Served, query: &str, body: &str) -> Value {
    let answer = post(&served.address(), &format!("/_faultline/cassettes{query}"), "", body).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn each_test_switches_to_a_cassette_of_its_own_on_one_running_server() {
    let own = folder("imports-own");
    let one = |text: &str, says: &str| nock("converse", text, 200, &Answer::Json(unary(says)));
    std::fs::create_dir_all(&own).unwrap();
    let vcr = json!({"version": 1, "interactions": [{
        "request": {"method": "POST", "uri": "https://x/model/amazon.nova-lite-v1%3A0/converse", "headers": {},
            "body": saying("Hi.")},
        "response": {"status": {"code": 200}, "headers": {"content-type": ["application/json"]},
            "parsed_body": unary("From a file.")},
    }]});
    std::fs::write(own.join("suite.json"), vcr.to_string()).unwrap();
    let served = Served::start(&mut faultline(&["serve", "--json", "--cassettes", own.to_str().unwrap()]));
    let content = json!([one("Hi.", "First."), one("Hi.", "Second."), one("Today is 2026-01-01.", "Dated.")]);
    let said = admin(&served, "?session=a", &content.to_string());
    let expected = json!({"session": "a", "cassette": "given", "interactions": 3, "skipped": []});
    assert_eq!(said, expected);
    assert_eq!(admin(&served, "?session=b", "{\"path\": \"suite.json\"}")["interactions"], 1);
    let ask = |session: &str, text: &str| {
        let path = format!("/s/{session}/model/amazon.nova-lite-v1:0/converse");
        post(&served.address(), &path, "", &saying(text)).unwrap()
    };
    for (session, text, says) in [
        ("a", "Hi.", "First."),
        ("b", "Hi.", "From a file."),
        ("a", "Hi.", "Second."),
        ("a", "Today is 2027-05-05.", "Dated."),
        ("a", "Hi.", "the cassette `given` has this request 2 times, and each answer is played once"),
        ("b", "Bye.", "nearest in the cassette `suite.json` is interaction 1: text: wanted"),
    ] {
        let answer = ask(session, text);
        assert!(answer.contains(says), "{session} {text}: {answer}");
    }
    for (query, body, why) in [
        ("?session=c", "{\"path\": \"../imports-own-not\"}", "cannot be read below"),
        ("?session=c", "{\"path\": \"/etc/passwd\"}", "not below"),
        ("?session=c", "{\"a\": 1}", "no recording that is known"),
        ("?session=c", "[{\"scope\": \"https://x\", \"path\": \"/\"}]", "nothing in it can be played"),
        ("?sesion=c", "[]", "unknown query parameter `sesion`"),
    ] {
        let said = admin(&served, query, body)["error"].to_string();
        assert!(said.contains(why), "{body}: {said}");
    }
    served.kill();
}

#[test]
fn files_are_named_only_where_the_operator_named_a_folder() {
    let source = file("imports-unnamed.json", &both());
    let served = Served::start(&mut faultline(&["serve", "--json"]));
    let said = admin(&served, "", &json!({ "path": source }).to_string());
    assert!(said["error"].to_string().contains("--cassettes FOLDER"), "{said}");
    // Content needs no folder, and our own cassettes are a kind like any other.
    let into = folder("imports-ours");
    assert_eq!(code(&run(&["import", &source, "--into", into.to_str().unwrap(), "--test", "t"])), 0);
    let ours = std::fs::read_to_string(into.join("t/002-converse.yaml")).unwrap();
    assert_eq!(admin(&served, "", &ours)["interactions"], 1);
    let path = "/model/amazon.nova-lite-v1:0/converse";
    assert!(post(&served.address(), path, "", &saying("unary")).unwrap().contains("Yes, “quoted”."));
    served.kill();
}

#[test]
fn the_example_of_the_readme_can_be_sent_and_named() {
    let served = Served::start(&mut faultline(&["serve", "--json", "--cassettes", "examples/recordings"]));
    let content = std::fs::read_to_string("examples/recordings/test_orders.yaml").unwrap();
    let skipped =
        "exchange 2: GET https://shop.example.com/orders/A-10293 is no operation of Bedrock Runtime";
    for body in [content.as_str(), "{\"path\": \"test_orders.yaml\"}"] {
        let said = admin(&served, "?session=test_orders", body);
        assert_eq!((&said["interactions"], &said["skipped"]), (&json!(1), &json!([skipped])));
        let path = "/s/test_orders/model/amazon.nova-lite-v1:0/converse";
        // A request for a unary answer is another one than that for a stream.
        let missed = post(&served.address(), path, "", &saying("When does order A-10293 ship?")).unwrap();
        assert!(missed.contains("interaction 1: operation"), "{missed}");
    }
    served.kill();
}
