//! A recording as one line of a picture: when its frames came. Pure.

/// The columns of a lane.
const WIDTH: usize = 64;

/// What stands for one, two, and more frames in a column.
const MARKS: [char; 4] = ['·', '▏', '▌', '█'];

/// A lane of `total` milliseconds, with a mark where something came.
pub(crate) fn lane(times: &[f64], total: f64) -> String {
    let mut counts = [0_usize; WIDTH];
    for time in times {
        counts[column(*time, total)] += 1;
    }
    let marks: String = counts.iter().map(|count| MARKS[(*count).min(MARKS.len() - 1)]).collect();
    format!("0 ms {marks} {total:.0} ms")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a column"
)]
fn column(time: f64, total: f64) -> usize {
    let share = if total > 0.0 { (time / total).clamp(0.0, 1.0) } else { 0.0 };
    ((share * WIDTH as f64) as usize).min(WIDTH - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_where_frames_came() {
        let lane = lane(&[0.0, 50.0, 50.1, 100.0], 100.0);
        let marks: Vec<char> = lane.trim_start_matches("0 ms ").chars().take(WIDTH).collect();
        assert_eq!((marks[0], marks[32], marks[63]), ('▏', '▌', '▏'));
        assert_eq!(marks.iter().filter(|mark| **mark == '·').count(), WIDTH - 3);
        assert!(super::lane(&[0.0], 0.0).starts_with("0 ms ▏"));
    }
}
