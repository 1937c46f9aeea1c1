//! The ledger: verdicts against the mathematics, numbers against closed forms, and the comparison with a
//! recorded ledger.

use ganscope::claims::{CLAIMS, Claim, Finding, Ledger, RecordedLedger, Verdict};

fn value(finding: &Finding, name: &str) -> f64 {
    let mut found = finding.evidence.iter().filter(|m| m.name.contains(name));
    found.next().unwrap_or_else(|| panic!("{name}")).value
}

#[test]
fn verdicts_agree_with_the_mathematics() {
    let expected = [
        ("3.1.a", Verdict::Holds),
        ("3.1.b", Verdict::HoldsWhenRepaired),
        ("3.2.a", Verdict::Refuted),
        ("3.2.b", Verdict::Refuted),
        ("3.2.c", Verdict::Holds),
        ("3.2.d", Verdict::Holds),
        ("3.2.e", Verdict::HoldsWhenRepaired),
    ];
    assert_eq!(CLAIMS.map(|claim| claim.id), expected.map(|(id, _)| id));
    for (id, verdict) in expected {
        let finding = Claim::named(id).unwrap().decide().unwrap();
        assert_eq!(finding.verdict, verdict, "{finding:?}");
    }
}

#[test]
fn measurements_agree_with_closed_forms() {
    let decide = |id| Claim::named(id).unwrap().decide().unwrap();
    // Both sides for N(0, 1) and N(1, 1.5²), by an independent quadrature (SciPy).
    let jensen_shannon = decide("3.2.d");
    let l_d = value(
        &jensen_shannon,
        "L_D at the optimal D, N(0, 1) and N(1, 1.5²)",
    );
    assert!((l_d + 0.593_857).abs() < 1e-6, "{l_d}");
    // A trained D is nearly as accurate as the optimal one, Φ(1.5) = 0.933193.
    let minimises = decide("3.2.a");
    let best = value(&minimises, "the optimal D");
    assert!((best - 0.933_193).abs() < 1e-6, "{best}");
    // The standard error with 10,240 samples is 0.0025.
    let negated = value(&minimises, "minimising −L_D");
    assert!((negated - best).abs() < 0.01, "{negated}");
    assert!((value(&minimises, "minimising L_D") - (1.0 - best)).abs() < 0.01);
    // Each simultaneous step multiplies the radius by √(1 + (lr f')²), with f' between 0.5 and
    // f'(2.41²/2): 1,000 steps of 0.1 take 1 to between e^1.2 · (1 − …) and √1.0025^1000 = 3.49.
    let feedback = decide("3.1.b");
    let spiral = value(&feedback, "1,000 steps of gradient descent");
    assert!((1.5..3.49).contains(&spiral), "{spiral}");
    assert!((value(&feedback, "after time 100, γ = 0") - 1.0).abs() < 1e-6);
}

#[test]
fn a_changed_verdict_is_reported_with_its_line() {
    let ledger = Ledger::decide(Some("3.1")).unwrap();
    assert_eq!(ledger.claims.len(), 2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("claims.json");
    let text = ledger.to_json().unwrap();
    let check = |text: &str| {
        std::fs::write(&path, text).unwrap();
        ledger.check(&RecordedLedger::read(&path)?)
    };
    check(&text).unwrap();

    let line = text
        .lines()
        .position(|l| l.contains("\"holds when repaired\""));
    let changed = text.replace("\"holds when repaired\"", "\"refuted\"");
    let message = check(&changed).unwrap_err().to_string();
    let place = format!(
        "claims.json:{}: claim 3.1.b is \"refuted\" in this file",
        line.unwrap() + 1
    );
    assert!(
        message.contains(&place) && message.contains("`ganscope claims --json > "),
        "{message}"
    );

    let other = text.replace("3.1.a", "9.9.z");
    let message = check(&other).unwrap_err().to_string();
    assert!(message.contains("claim 3.1.a is missing"), "{message}");
    let more = text.replacen("\"claims\": [", "\"claims\": [\n{\"id\": \"9.9.z\", \"section\": \"9.9\", \"paraphrase\": \"\", \"verdict\": \"holds\", \"rule\": \"\", \"evidence\": []},", 1);
    let message = check(&more).unwrap_err().to_string();
    assert!(message.contains("claim 9.9.z is in this file"), "{message}");
    let unknown = text.replace("\"holds when repaired\"", "\"hlods\"");
    let message = check(&unknown).unwrap_err().to_string();
    assert!(
        message.contains(&format!("claims.json:{}", line.unwrap() + 1)),
        "{message}"
    );

    let message = Ledger::decide(Some("3.9")).unwrap_err().to_string();
    assert!(message.contains("unknown section \"3.9\""), "{message}");
    assert_eq!(
        Ledger::decide(Some("3")).unwrap().claims.len(),
        CLAIMS.len()
    );
}
