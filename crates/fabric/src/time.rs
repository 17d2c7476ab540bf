//! NATS' times as milliseconds.

/// Milliseconds since 1970 UTC of an RFC 3339 time such as `2026-11-24T08:25:38.123456789Z`; only `Z` is understood.
pub(crate) fn millis(text: &str) -> Option<u64> {
    let (date, rest) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (clock, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut clock = clock.splitn(3, ':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    // "5" is half a second: pad to three digits.
    let millis = fraction
        .bytes()
        .chain(*b"000")
        .take(3)
        .try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))?;
    let fine = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !fine || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_before(year, month)? + day - 1;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis)
}

/// Days from 1970-01-01 to the first of the month.
fn days_before(year: u64, month: u64) -> Option<u64> {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let leaps = |until: u64| until / 4 - until / 100 + until / 400;
    let month = usize::try_from(month.checked_sub(1)?).ok()?;
    let days = (year - 1970) * 365 + leaps(year - 1) - leaps(1969) + BEFORE.get(month)?;
    Some(days + u64::from(leap && month > 1))
}

#[cfg(test)]
mod tests {
    use super::millis;

    #[test]
    fn reads_the_servers_times() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00.5Z", Some(951_825_600_500)),
            ("2024-03-01T00:00:00Z", Some(1_709_251_200_000)),
            ("2026-11-24T08:25:38.123456789Z", Some(1_795_508_738_123)),
            ("2100-03-01T00:00:00.001Z", Some(4_107_542_400_001)),
            ("2026-11-24T08:25:38+01:00", None),
            ("2026-13-01T00:00:00Z", None),
            ("0000-00-00T00:00:00Z", None),
            ("tomorrow", None),
            ("", None),
        ] {
            assert_eq!(millis(text), expected, "{text}");
        }
    }
}
