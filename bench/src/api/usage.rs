//! What a process uses, as the kernel counts it.

use std::time::{Duration, Instant};

/// Ticks of a second, on every Linux that we know.
const TICKS: u64 = 100;

/// A process, and when it had used how much.
pub struct Usage {
    pid: u32,
    begun: Instant,
    cpu: Duration,
}

impl Usage {
    /// Counts from here; the peak of its memory as well.
    pub fn begin(pid: u32) -> Self {
        // Where this is not allowed, the peak is that of the process's whole life.
        let _not_everywhere = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
        Usage { pid, begun: Instant::now(), cpu: cpu(pid) }
    }

    /// Seconds of processor time for each second since.
    pub fn cpu(&self) -> f64 {
        (cpu(self.pid) - self.cpu).as_secs_f64() / self.begun.elapsed().as_secs_f64()
    }

    /// The most that was resident since, in MB (1,000,000 bytes).
    pub fn peak(&self) -> f64 {
        status(self.pid, "VmHWM:")
    }

    /// What is resident now, in MB.
    pub fn now(&self) -> f64 {
        status(self.pid, "VmRSS:")
    }

    /// Open files.
    pub fn files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid)).map_or(0, Iterator::count)
    }
}

fn status(pid: u32, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0);
    (kib << 10) as f64 / 1e6
}

fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis(1_000 / TICKS * (ticks(11) + ticks(12)))
}
