//! What Linux says about this process, under the names that Prometheus' own libraries use.

use metrics::{describe_gauge, gauge};
use std::fs;

const BUILD: &str = "harvestman_build_info";
const MEMORY: &str = "process_resident_memory_bytes";
const CPU: &str = "process_cpu_seconds_total";
const FILES: &str = "process_open_fds";

/// Clock ticks a second in `/proc`: 100 on every Linux.
const TICKS: f64 = 100.0;

/// Says what is measured, and which service this is.
pub fn describe(service: &str) {
    describe_gauge!(BUILD, "1; its labels say which service of which version this is");
    describe_gauge!(MEMORY, "Memory that the process has resident, in bytes");
    describe_gauge!(CPU, "Processor time that the process used, in seconds");
    describe_gauge!(FILES, "File descriptors that the process has open");
    gauge!(BUILD, "service" => service.to_owned(), "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Looks at the process; where there is no `/proc`, nothing is said.
pub fn measure() {
    if let Some(bytes) = resident() {
        gauge!(MEMORY).set(bytes);
    }
    if let Some(seconds) = cpu() {
        gauge!(CPU).set(seconds);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        gauge!(FILES).set(files.count() as f64);
    }
}

fn resident() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024.0)
}

fn cpu() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, a name in parentheses, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let user: f64 = fields.get(11)?.parse().ok()?;
    let system: f64 = fields.get(12)?.parse().ok()?;
    Some((user + system) / TICKS)
}
