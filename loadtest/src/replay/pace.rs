//! How fast the recorded clock runs.

use std::str::FromStr;
use std::time::Duration;

use tokio::time::Instant;

/// Times the recorded clock, or as fast as the server takes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    Times(f64),
    Max,
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let times = text.strip_suffix('x').unwrap_or(text).parse::<f64>().ok().filter(|times| times.is_finite() && *times > 0.0);
        times.map(Self::Times).ok_or_else(|| "a speed is `max` or a factor such as `60x`".into())
    }
}

impl Speed {
    /// When a line is due; none: now.
    pub fn due(self, begin: Instant, at_ms: u64) -> Option<Instant> {
        match self {
            Self::Max => None,
            Self::Times(times) => Some(begin + Duration::from_secs_f64(at_ms as f64 / 1_000.0 / times)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_factors_or_max() {
        assert_eq!("60x".parse(), Ok(Speed::Times(60.0)));
        assert_eq!("0.5x".parse(), Ok(Speed::Times(0.5)));
        assert_eq!("max".parse(), Ok(Speed::Max));
        for wrong in ["", "x", "0x", "-1x", "infx", "NaNx", "fast"] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
        let begin = Instant::now();
        assert_eq!(Speed::Times(60.0).due(begin, 120_000), Some(begin + Duration::from_secs(2)));
    }
}
