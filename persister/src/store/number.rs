//! Numbers of the log (unsigned, below 2^53) and of Postgres (signed).

/// As Postgres keeps it.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// As the log counts it.
pub fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
