//! What a process uses, as `/proc` tells it.

use anyhow::Context as _;

/// Ticks of `/proc/<pid>/stat` a second, on every Linux.
const TICKS: f64 = 100.0;

/// CPU-seconds of all threads since its start, user and system.
pub fn cpu_seconds(pid: &str) -> anyhow::Result<f64> {
    let stat = read(pid, "stat")?;
    // The name may hold anything, also brackets; utime and stime are the 12th and 13th field behind it.
    let fields: Vec<&str> = stat.rsplit_once(')').context("no stat")?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).context("a short stat");
    Ok((ticks(11)? + ticks(12)?) as f64 / TICKS)
}

/// Resident KiB.
pub fn resident_kib(pid: &str) -> anyhow::Result<u64> {
    let status = read(pid, "status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}

/// The same of several.
pub fn total<T: std::iter::Sum>(pids: &[u32], of: impl Fn(&str) -> anyhow::Result<T>) -> anyhow::Result<T> {
    pids.iter().map(|pid| of(&pid.to_string())).sum()
}

fn read(pid: &str, file: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(format!("/proc/{pid}/{file}")).with_context(|| format!("process {pid} cannot be looked at"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_time_and_memory() {
        let begun = cpu_seconds("self").unwrap();
        let mut sum = 0_u64;
        while cpu_seconds("self").unwrap() < begun + 0.05 {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(resident_kib("self").unwrap() > 1_000);
        assert!(total(&[u32::MAX], cpu_seconds).is_err());
    }
}
