//! Medians, percentiles, and the table.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

/// One phase, measured once.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Sample {
    /// Requests answered.
    pub(crate) requests: usize,
    /// Requests a second.
    pub(crate) per_second: f64,
    /// Median latency in ms.
    pub(crate) p50_ms: f64,
    /// 99th percentile of the latency in ms.
    pub(crate) p99_ms: f64,
}

impl Sample {
    /// Sums up the latencies of requests that took `elapsed` together.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub(crate) fn new(mut latencies: Vec<Duration>, elapsed: Duration) -> Result<Self> {
        latencies.sort_unstable();
        let at = |percent: usize| {
            let rank = (latencies.len() * percent).div_ceil(100);
            latencies.get(rank.saturating_sub(1)).map(|latency| latency.as_secs_f64() * 1000.0)
        };
        let count = u32::try_from(latencies.len())?;
        Ok(Self {
            requests: latencies.len(),
            per_second: f64::from(count) / elapsed.as_secs_f64(),
            p50_ms: at(50).context("no request was answered")?,
            p99_ms: at(99).context("no request was answered")?,
        })
    }

    /// The median of several repetitions, figure by figure.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub(crate) fn median(samples: &[Self]) -> Result<Self> {
        let of = |figure: fn(&Self) -> f64| {
            let mut figures: Vec<f64> = samples.iter().map(figure).collect();
            figures.sort_unstable_by(f64::total_cmp);
            figures.get(figures.len() / 2).copied().context("nothing was measured")
        };
        Ok(Self {
            requests: samples.iter().map(|sample| sample.requests).sum(),
            per_second: of(|sample| sample.per_second)?,
            p50_ms: of(|sample| sample.p50_ms)?,
            p99_ms: of(|sample| sample.p99_ms)?,
        })
    }
}

/// The columns of one server in a row of the table; dashes where it was not measured.
pub(crate) fn columns(sample: Option<&Sample>) -> String {
    sample.map_or_else(
        || format!("{:>10}{:>10}{:>10}", "–", "–", "–"),
        |sample| {
            format!("{:>10.0}{:>10.2}{:>10.2}", sample.per_second, sample.p50_ms, sample.p99_ms)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_hundred_latencies() {
        let latencies = (1..=101).rev().map(Duration::from_millis).collect();
        let sample = Sample::new(latencies, Duration::from_secs(2)).unwrap();
        assert_eq!((sample.requests, sample.per_second), (101, 50.5));
        assert_eq!((sample.p50_ms, sample.p99_ms), (51.0, 100.0));
        let few = Sample::new((1..=20).map(Duration::from_millis).collect(), Duration::MAX);
        let few = few.unwrap();
        assert_eq!((few.p50_ms, few.p99_ms), (10.0, 20.0));
        assert!(Sample::new(Vec::new(), Duration::from_secs(1)).is_err());
    }

    #[test]
    fn the_median_is_taken_figure_by_figure() {
        let sample = |per_second, p50_ms| Sample { requests: 1, per_second, p50_ms, p99_ms: 9.0 };
        let median =
            Sample::median(&[sample(3.0, 1.0), sample(1.0, 2.0), sample(2.0, 3.0)]).unwrap();
        assert_eq!((median.per_second, median.p50_ms, median.requests), (2.0, 2.0, 3));
    }
}
