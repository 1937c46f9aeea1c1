//! Directions of InfoGAN's codes against the latents that the codes draw.

use ganscope::gan::Codes;
use ganscope::interpret::code_directions;
use ganscope::random::Stream;

fn codes() -> Codes {
    Codes {
        categorical: vec![3, 4],
        continuous: 2,
        ..Codes::default()
    }
}

#[test]
fn the_direction_of_a_value_leads_to_the_latents_with_that_value() {
    let (latent, n) = (12, 4000);
    let found = code_directions(&codes(), latent).unwrap();
    assert_eq!(found.all.len(), 3 + 4 + 2);
    let z = codes().latents(1, Stream::Exploration, 0, n, latent);
    // The codes begin at 12 − 9 = 3.
    for (code, first, k) in [(1, 3, 3), (2, 6, 4)] {
        for value in 0..k {
            let name = format!("categorical {code} = {value}");
            let direction = found.all.iter().find(|d| d.name == name).unwrap();
            for row in z.chunks(latent) {
                let products = row[first..first + k].iter().zip(&direction.vector[first..]);
                let along: f64 = products.map(|(z, v)| f64::from(*z) * v).sum();
                let k = k as f64;
                // ⟨e_j, e_k − ē⟩/‖e_k − ē‖
                let expected = if row[first + value] == 1.0 {
                    (1.0 - 1.0 / k).sqrt()
                } else {
                    -1.0 / k / (1.0 - 1.0 / k).sqrt()
                };
                assert!(
                    (along - expected).abs() < 1e-12,
                    "{name}: {along} {expected}"
                );
            }
            assert!((direction.strength - (1.0 - 1.0 / k as f64).sqrt()).abs() < 1e-12);
            let elsewhere = (0..latent).filter(|i| !(first..first + k).contains(i));
            assert!(elsewhere.map(|i| direction.vector[i]).all(|v| v == 0.0));
        }
    }
    for (code, place) in [(1, 10), (2, 11)] {
        let name = format!("continuous {code}");
        let direction = found.all.iter().find(|d| d.name == name).unwrap();
        assert!((0..latent).all(|i| direction.vector[i] == f64::from(u8::from(i == place))));
        let largest = z
            .chunks(latent)
            .fold(0.0, |a: f32, row| a.max(row[place].abs()));
        assert!((0.99..=1.0).contains(&largest), "{largest}");
        assert_eq!(direction.strength, 1.0);
    }
}

#[test]
fn directions_of_one_code_have_equal_angles() {
    let found = code_directions(&codes(), 9).unwrap();
    let of_second: Vec<_> = found
        .all
        .iter()
        .filter(|d| d.name.starts_with("categorical 2"))
        .collect();
    for (i, a) in of_second.iter().enumerate() {
        for b in &of_second[i + 1..] {
            let cosine: f64 = a.vector.iter().zip(&b.vector).map(|(a, b)| a * b).sum();
            assert!((cosine + 1.0 / 3.0).abs() < 1e-12, "{cosine}");
        }
    }
}

#[test]
fn the_strongest_come_first() {
    let found = code_directions(&codes(), 9).unwrap();
    assert!(
        found
            .all
            .windows(2)
            .all(|pair| pair[0].strength >= pair[1].strength)
    );
    let names: Vec<&str> = found.all.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(
        names[..3],
        ["continuous 1", "continuous 2", "categorical 2 = 0"]
    );
    assert_eq!(names[8], "categorical 1 = 2");
}

#[test]
fn no_codes_and_a_short_z_are_refused() {
    let message = code_directions(&Codes::default(), 5)
        .unwrap_err()
        .to_string();
    assert!(message.contains("no codes"), "{message}");
    assert!(code_directions(&codes(), 8).is_err());
    let one_value = Codes {
        categorical: vec![1],
        ..Codes::default()
    };
    assert!(code_directions(&one_value, 8).is_err());
}
