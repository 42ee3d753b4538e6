//! Resource limits of a subprocess, as a shell's `ulimit` sets them. Pure.

use std::time::Duration;

/// Resource limits of a subprocess and of what it starts; each process has them for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessLimits {
    /// CPU time, in whole seconds rounded up; at least one. Default 60 s.
    pub cpu: Option<Duration>,
    /// Address space, in bytes. Default 2 GiB.
    pub memory: Option<u64>,
    /// The largest file that it may write, in bytes rounded up to 512. Default 64 MiB.
    pub file_size: Option<u64>,
    /// How many files it may have open. Default 256.
    pub open_files: Option<u64>,
    /// How many bytes of its standard output are taken; more is an error. Default 1 MiB.
    pub output: usize,
}

impl Default for ProcessLimits {
    fn default() -> Self {
        Self {
            cpu: Some(Duration::from_secs(60)),
            memory: Some(2 << 30),
            file_size: Some(64 << 20),
            open_files: Some(256),
            output: 1 << 20,
        }
    }
}

impl ProcessLimits {
    /// A script for `sh` that sets the limits, soft and hard, and becomes the command in its arguments. Where a limit
    /// cannot be set, the command does not run.
    pub(super) fn script(&self) -> String {
        let seconds = |cpu: Duration| (cpu.as_secs() + u64::from(cpu.subsec_nanos() > 0)).max(1);
        let limits = [
            ("c", Some(0)),
            ("t", self.cpu.map(seconds)),
            ("v", self.memory.map(|bytes| bytes / 1024)),
            ("f", self.file_size.map(|bytes| bytes.div_ceil(512))),
            ("n", self.open_files),
        ];
        let set = limits.iter().filter_map(|(flag, value)| Some(format!("ulimit -{flag} {} && ", (*value)?)));
        set.chain([r#"exec "$@""#.to_owned()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_has_the_units_of_ulimit() {
        let limits = ProcessLimits {
            cpu: Some(Duration::from_millis(1001)),
            memory: Some(1 << 20),
            file_size: Some(513),
            open_files: None,
            output: 0,
        };
        let script = r#"ulimit -c 0 && ulimit -t 2 && ulimit -v 1024 && ulimit -f 2 && exec "$@""#;
        assert_eq!(limits.script(), script);
    }
}
