//! Which files a subprocess may touch, enforced by Landlock. It restricts the thread that it is called on, for good,
//! and everything that this thread starts.

use std::path::PathBuf;

/// What every program needs to start: libraries and interpreters.
#[cfg(target_os = "linux")]
const SYSTEM: [&str; 7] =
    ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives"];

/// Which files a subprocess may touch, beside the system's programs and libraries (reading) and `/dev/null`. A folder
/// stands for everything in it; a path that does not exist gives nothing. Beside a closed network `/proc` stays open,
/// which making the namespaces needs; what a kernel's Landlock does not know of yet, it does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileAccess {
    /// May be read and executed.
    pub read: Vec<PathBuf>,
    /// May be read, written, made and removed.
    pub write: Vec<PathBuf>,
}

impl FileAccess {
    /// Restricts this thread. `proc`: whether `/proc` is left open, which making a user namespace needs.
    #[cfg(target_os = "linux")]
    pub(super) fn restrict_this_thread(&self, proc: bool) -> Result<(), String> {
        self.restrict(proc).map_err(|error| format!("its files cannot be restricted: {error}"))
    }

    #[cfg(target_os = "linux")]
    fn restrict(&self, proc: bool) -> Result<(), Box<dyn std::error::Error>> {
        use landlock::{
            ABI, Access, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
            path_beneath_rules,
        };
        // What a kernel does not know of it yet, it does not restrict; the first version has reading and writing.
        let abi = ABI::V5;
        let read = SYSTEM.iter().map(PathBuf::from).chain(self.read.iter().cloned());
        let open = ["/dev/null", "/proc"].into_iter().take(if proc { 2 } else { 1 }).map(PathBuf::from);
        let write = open.chain(self.write.iter().cloned());
        let status = Ruleset::default()
            .handle_access(AccessFs::from_all(abi))?
            .create()?
            .add_rules(path_beneath_rules(read, AccessFs::from_read(abi)))?
            .add_rules(path_beneath_rules(write, AccessFs::from_all(abi)))?
            .restrict_self()?;
        match status.ruleset {
            RulesetStatus::NotEnforced => Err("the kernel has no Landlock".into()),
            _ => Ok(()),
        }
    }

    /// Restricts nothing: only Linux has Landlock.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "the form of the other system's")]
    pub(super) fn restrict_this_thread(&self, _: bool) -> Result<(), String> {
        Err("this system has no Landlock".to_owned())
    }
}
