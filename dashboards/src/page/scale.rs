//! Times placed on a line: linear or logarithmic, with round tick marks. Positions are percent of the width.

use super::units::sane;

/// Where the line begins and ends, percent; the rest is room for marks.
const LEFT: f64 = 1.5;
const RIGHT: f64 = 97.5;
/// Above this ratio of largest to smallest, a linear line would squeeze the small ones together.
const LINEAR_UP_TO: f64 = 30.0;

/// A line of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// From 0 to `max` milliseconds.
    Linear {
        /// The right end.
        max: f64,
    },
    /// From `min` to `max` milliseconds, both above zero, equal ratios equally far apart.
    Log {
        /// The left end.
        min: f64,
        /// The right end.
        max: f64,
    },
}

impl Scale {
    /// A linear scale from 0 to the largest of `values`.
    pub(crate) fn linear(values: impl Iterator<Item = f64>) -> Self {
        Self::Linear { max: values.map(sane).fold(0.0, f64::max) }
    }

    /// The scale that shows all of `values` apart: logarithmic when they differ by a lot.
    pub(crate) fn fitting(values: &[f64]) -> Self {
        let positive = || values.iter().copied().map(sane).filter(|value| *value > 0.0);
        let (min, max) = (positive().fold(f64::INFINITY, f64::min), positive().fold(0.0, f64::max));
        if max / min > LINEAR_UP_TO { Self::Log { min: min.max(0.05), max } } else { Self::Linear { max } }
    }

    /// Where `ms` lies, percent of the width.
    pub(crate) fn percent(self, ms: f64) -> f64 {
        let share = match self {
            Self::Linear { max } if max > 0.0 => sane(ms) / max,
            Self::Linear { .. } => 0.0,
            Self::Log { min, max } => (sane(ms).max(min) / min).ln() / (max / min).ln(),
        };
        place(share)
    }

    /// Round times to write at the line, ascending, within its range.
    pub(crate) fn ticks(self) -> Vec<f64> {
        match self {
            Self::Linear { max } => linear_ticks(max),
            Self::Log { min, max } => log_ticks(min, max),
        }
    }
}

/// A share of the line, 0 to 1, as percent of the width.
pub(crate) fn place(share: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * share.clamp(0.0, 1.0)
}

fn linear_ticks(max: f64) -> Vec<f64> {
    if max <= 0.0 {
        return vec![0.0];
    }
    let rough = max / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|f| f * power).into_iter().find(|s| *s >= rough).unwrap_or(max);
    (0..=5).map(|n| f64::from(n) * step).take_while(|tick| *tick <= max * 1.001).collect()
}

fn log_ticks(min: f64, max: f64) -> Vec<f64> {
    let steps: &[f64] = if max / min > 500.0 { &[1.0] } else { &[1.0, 3.0] };
    (-2..8)
        .flat_map(|power| steps.iter().map(move |step| step * 10f64.powi(power)))
        .filter(|tick| *tick >= min && *tick <= max)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_times_stand_on_a_linear_line_and_distant_ones_on_a_logarithmic_one() {
        assert_eq!(Scale::fitting(&[100.0, 800.0]), Scale::Linear { max: 800.0 });
        assert_eq!(Scale::fitting(&[1.0, 800.0, f64::NAN]), Scale::Log { min: 1.0, max: 800.0 });
        assert_eq!(Scale::fitting(&[]), Scale::Linear { max: 0.0 });
    }

    #[test]
    fn every_time_lies_on_the_line() {
        for scale in [Scale::Linear { max: 800.0 }, Scale::Log { min: 1.0, max: 800.0 }, Scale::fitting(&[])]
        {
            for ms in [0.0, 1.0, 799.0, 9e9, -1.0, f64::NAN, f64::INFINITY] {
                let x = scale.percent(ms);
                assert!((LEFT..=RIGHT).contains(&x), "{scale:?} {ms} {x}");
            }
        }
        assert!((Scale::Linear { max: 800.0 }.percent(400.0) - 49.5).abs() < 1e-9);
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(Scale::Linear { max: 812.0 }.ticks(), [0.0, 200.0, 400.0, 600.0, 800.0]);
        assert_eq!(Scale::Linear { max: 790.0 }.ticks(), [0.0, 200.0, 400.0, 600.0]);
        assert_eq!(Scale::Log { min: 2.0, max: 400.0 }.ticks(), [3.0, 10.0, 30.0, 100.0, 300.0]);
    }
}
