//! Conditional directions are orthogonal to the directions that they keep.

use ganscope::interpret::{Direction, Directions};
use ganscope::interpret::{conditional_direction, random_directions};

fn dot(a: &Direction, b: &Direction) -> f64 {
    a.vector.iter().zip(&b.vector).map(|(a, b)| a * b).sum()
}

fn random(n: usize) -> Directions {
    random_directions(7, n, 3).unwrap()
}

#[test]
fn one_direction_is_projected_out_as_in_the_paper() {
    let all = random(2).all;
    let found = conditional_direction(&all[0], &all[1..]).unwrap();
    assert!(dot(&found, &all[1]).abs() < 1e-14);
    let cosine = dot(&all[0], &all[1]);
    for ((found, a), b) in found.vector.iter().zip(&all[0].vector).zip(&all[1].vector) {
        let expected = (a - cosine * b) / (1.0 - cosine * cosine).sqrt();
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
    assert!((found.strength - (1.0 - cosine * cosine).sqrt()).abs() < 1e-12);
}

#[test]
fn several_directions_are_projected_out_together() {
    let mut all = random(4).all;
    // A direction that depends linearly on the others changes nothing.
    let sum = all[1]
        .vector
        .iter()
        .zip(&all[2].vector)
        .map(|(a, b)| a + b)
        .collect();
    all.push(Direction::new("sum", sum, 1.0).unwrap());
    let found = conditional_direction(&all[0], &all[1..]).unwrap();
    for other in &all[1..] {
        assert!(dot(&found, other).abs() < 1e-14, "{}", other.name);
    }
    let without = conditional_direction(&all[0], &all[1..4]).unwrap();
    assert!((dot(&found, &without) - 1.0).abs() < 1e-12);
    assert_eq!(
        found.name,
        "random 1 without random 2, random 3, random 4, sum"
    );
    // Projecting out one after the other would not be enough.
    let first = conditional_direction(&all[0], &all[1..2]).unwrap();
    let second = conditional_direction(&first, &all[2..3]).unwrap();
    assert!(dot(&second, &all[1]).abs() > 1e-3);
    assert_eq!(
        conditional_direction(&all[0], &[]).unwrap().name,
        "random 1"
    );
}

#[test]
fn a_direction_in_the_span_of_the_others_is_refused() {
    let all = random(1).all;
    let message = conditional_direction(&all[0], &all)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("nothing of the direction remains"),
        "{message}"
    );
    // Eight directions span all seven dimensions.
    assert!(conditional_direction(&all[0], &random_directions(7, 8, 4).unwrap().all).is_err());
    let other = random_directions(6, 1, 1).unwrap().all;
    let message = conditional_direction(&all[0], &other)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("7 dimensions") && message.contains('6'),
        "{message}"
    );
}
