//! A token bucket: a minute of silence earns `per_minute` changes at once, refilled evenly.

/// Full when new.
#[derive(Clone, Default)]
pub struct Bucket {
    state: Option<(u64, u64)>,
}

impl Bucket {
    /// Something was taken once.
    pub fn is_used(&self) -> bool {
        self.state.is_some()
    }

    /// Takes one token; else the milliseconds until there is one. `per_minute` 0: no limit.
    pub fn take(&mut self, per_minute: u32, now_ms: u64) -> Result<(), u64> {
        if per_minute == 0 {
            return Ok(());
        }
        let rate = u64::from(per_minute);
        // Tokens are counted in 1/60,000, so that each millisecond adds `rate` of them.
        const TOKEN: u64 = 60_000;
        let full = TOKEN * rate;
        let (tokens, at) = self.state.unwrap_or((full, now_ms));
        let tokens = full.min(tokens + now_ms.saturating_sub(at).saturating_mul(rate));
        if tokens < TOKEN {
            self.state = Some((tokens, now_ms));
            return Err((TOKEN - tokens).div_ceil(rate));
        }
        self.state = Some((tokens - TOKEN, now_ms));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_passes_after_the_time_that_was_told() {
        let mut bucket = Bucket::default();
        for _ in 0..60 {
            bucket.take(60, 1_000).unwrap();
        }
        let wait = bucket.take(60, 1_000).unwrap_err();
        assert_eq!(wait, 1_000);
        assert_eq!(bucket.take(60, 1_000 + wait - 1), Err(1));
        assert_eq!(bucket.take(60, 1_000 + wait), Ok(()));
        assert!(bucket.take(60, 1_000 + wait).is_err());
        assert!((0..1_000).all(|_| bucket.take(0, 5).is_ok()));
    }
}
