//! Assertions that several of these tests share.

#[track_caller]
pub fn close(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} is not {expected}: off by {:e}",
        found - expected
    );
}

#[track_caller]
pub fn refused<T>(result: ganscope::Result<T>, because: &str) {
    let message = result.err().expect("it should be refused").to_string();
    assert!(message.contains(because), "{message}");
}
