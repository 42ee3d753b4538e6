//! The generated half of the gRPC transport is what its `.proto` gives.

use std::path::Path;

const HEAD: &str = "//! Generated from `proto/agent.proto`; a test writes it anew where the two differ. It knows nothing of the agent.\n\n";

#[test]
fn the_generated_code_is_that_of_the_proto_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = protox::compile(["agent.proto"], [root.join("proto")]).unwrap();
    let folder = crate::folder::Folder::new("proto");
    tonic_prost_build::configure().build_client(false).out_dir(&folder.0).compile_fds(files).unwrap();
    let made = std::fs::read_to_string(folder.0.join("faultline.agent.v1.rs")).unwrap();
    let (made, kept) = (format!("{HEAD}{made}"), root.join("src/serve/grpc/proto.rs"));
    if std::fs::read_to_string(&kept).is_ok_and(|text| text == made) {
        return;
    }
    std::fs::write(&kept, made).unwrap();
    panic!("{} was out of date: it is written anew, build again", kept.display());
}
