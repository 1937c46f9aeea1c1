//! Tables with text.

use std::fmt::Write;

use serde_json::Value;

use super::{LINEAR, LN_2, found, near, normal, noted, refused};
use crate::common::{folder, ganscope};

/// A table of text without a header.
#[test]
fn a_note_says_that_the_header_occurs_again() {
    let at = folder();
    let at = at.path();
    let rows = "clear,calm\ngrey,gusts\n".repeat(40);
    std::fs::write(at.join("bare.csv"), &rows).unwrap();
    std::fs::write(at.join("named.csv"), format!("sky,wind\n{rows}")).unwrap();
    let says = "bare.csv, clear, calm, was read as column names";
    let bare = found(at, "mi bare.csv");
    assert!(noted(&bare, says) && bare["n"] == 79, "{bare}");
    let named = found(at, "mi named.csv");
    assert!(
        !noted(&named, "was read as column names") && named["n"] == 80,
        "{named}"
    );
}

/// Text is counted as symbols. Columns that are not used may hold anything.
#[test]
fn text_is_counted() {
    let at = folder();
    let at = at.path();
    let mut text = "sky,wind,day,note\n".to_string();
    for (i, day) in normal(13, 400).into_iter().enumerate() {
        // Clear skies are calm three times in four, grey ones one time in four.
        let (grey, calm) = (i % 2 == 1, (i / 2 % 4 == 0) == (i % 2 == 1));
        let sky = if grey { "grey" } else { "clear" };
        let wind = if calm { "calm" } else { "gusts, strong" };
        writeln!(text, "{sky},\"{wind}\",{day},").unwrap();
    }
    std::fs::write(at.join("weather.csv"), &text).unwrap();
    // 1 − H(¼).
    let quarter = 1.0 - (0.25 * 2.0 + 0.75 * (4.0f64 / 3.0).log2());
    let bits = |arguments: &str| {
        let found = ganscope(at, &format!("measure {arguments} --json")).succeeds();
        let found: Value = serde_json::from_str(&found.out).unwrap();
        let kinds = found["kinds"].as_object().unwrap();
        assert!(kinds.values().all(|kind| kind == "discrete"), "{found}");
        found["value"].as_f64().unwrap()
    };
    let mi = "mi weather.csv --x sky --y wind --estimator plug-in";
    assert!((bits(mi) - quarter).abs() < 1e-9);
    assert!((bits("entropy weather.csv --x sky --estimator plug-in") - 1.0).abs() < 1e-9);
    let words = ganscope(
        at,
        "measure entropy weather.csv --x sky --estimator plug-in",
    )
    .succeeds();
    let even = "entropy     1.0000 bits\n";
    assert!(words.out.starts_with(even) && words.out.contains("all counts are equal"));
    // Equal counts of each variable do not make those of the pairs equal.
    let words = ganscope(at, &format!("measure {mi}")).succeeds();
    assert!(words.out.contains(" ± ") && !words.out.contains("all counts are equal"));
    // A class and a number.
    let ross = ganscope(at, "measure mi weather.csv --x sky --y day").succeeds();
    assert!(
        ross.out.contains("ross: x is discrete, y is continuous"),
        "{}",
        ross.out
    );
    // In another file the same words come in another order, and one is new: p = (½, ½), q = (¼, ½, ¼).
    let other: Vec<&str> = ["sky", "grey", "snow", "clear", "grey"].to_vec();
    std::fs::write(at.join("other.csv"), other.join("\n")).unwrap();
    let kl = bits("kl weather.csv other.csv --x sky --estimator plug-in");
    assert!((kl - 0.5).abs() < 1e-9, "{kl}");
    refused(
        at,
        "entropy weather.csv --x sky --estimator gaussian",
        &["column \"sky\" holds text", "gaussian needs numbers"],
    );
    // Without copies Gao's estimator equals Ross's, except for ln N in place of ψ(N).
    let of_day = |estimator| found(at, &format!("mi weather.csv --x sky --y day {estimator}"));
    let ross = of_day("--estimator ross")["value"].as_f64().unwrap();
    near(
        &of_day("--estimator gao-mixture"),
        "gao-mixture",
        ross,
        0.01,
    );
    refused(
        at,
        "mi weather.csv --x sky --y wind --k 4",
        &[
            "--k does not apply to miller-madow",
            "uses no nearest neighbours",
        ],
    );
    ganscope(at, "measure entropy weather.csv --x note")
        .fails(1, &["line 2, column \"note\": the value is missing"]);
    // Each text occurs only once, but is a symbol nevertheless.
    let ids: String = (0..30).map(|i| format!("row {i}\n")).collect();
    std::fs::write(at.join("ids.csv"), format!("id\n{ids}")).unwrap();
    let found = found(at, "entropy ids.csv");
    assert_eq!(
        (&found["kinds"]["x"], &found["estimator"]),
        (&"discrete".into(), &"grassberger".into())
    );
    // Numbers in one file, text in the other.
    std::fs::write(at.join("numbers.csv"), "sky\n1\n2\n1\n").unwrap();
    refused(
        at,
        "kl numbers.csv other.csv",
        &["cannot be compared: one holds text, the other numbers"],
    );
}

/// It does not rain on half of the days of the dry season, and otherwise rain has the same distribution in both seasons.
/// The information is ½(½ ln 2 + ½ ln ⅔) + ½ ln 4⁄3 = ¾ ln 4⁄3.
#[test]
fn text_beside_numbers_with_copies() {
    let at = folder();
    let at = at.path();
    let truth = 0.75 * (4.0f64 / 3.0).ln();
    let mut text = "season,rain,other,month\n".to_string();
    let (mut rare, mut codes) = (text.clone(), text.clone());
    let (amounts, others) = (normal(11, 8000), normal(12, 8000));
    for i in 0..8000 {
        let dry = i % 2 == 0;
        let rain = if dry && i / 2 % 2 == 0 {
            0.0
        } else {
            0.5 + amounts[i].abs()
        };
        let other = others[i];
        let month = ["may", "june", "july"][i % 3];
        let rest = format!("{rain},{other},{month}");
        writeln!(text, "{},{rest}", if dry { "dry" } else { "wet" }).unwrap();
        writeln!(codes, "{},{rest}", if dry { 1 } else { 100 }).unwrap();
        match i {
            // A season with three days, which have no three other days as neighbours.
            0..3 => writeln!(rare, "monsoon,{rest}"),
            _ => writeln!(rare, "{},{rest}", if dry { "dry" } else { "wet" }),
        }
        .unwrap();
    }
    for (name, text) in [
        ("rain.csv", &text),
        ("rare.csv", &rare),
        ("codes.csv", &codes),
    ] {
        std::fs::write(at.join(name), text).unwrap();
    }
    let of_rain = |arguments: &str| found(at, &format!("{arguments} --y rain"));
    let rain = of_rain("mi rain.csv --x season");
    near(&rain, "gao-mixture", truth, 0.01);
    assert_eq!(rain["kinds"]["x"], "discrete");
    // Neither the texts nor numbers in their place change the value.
    near(
        &of_rain("mi codes.csv --x season"),
        "gao-mixture",
        rain["value"].as_f64().unwrap(),
        1e-12,
    );
    near(
        &found(at, "mi rain.csv --x rain --y season"),
        "gao-mixture",
        rain["value"].as_f64().unwrap(),
        1e-12,
    );
    // Additional text and an additional number that are independent of rain.
    near(
        &of_rain("mi rain.csv --x season,month"),
        "gao-mixture",
        truth,
        0.02,
    );
    near(
        &of_rain("mi rain.csv --x season,other"),
        "gao-mixture",
        truth,
        0.05,
    );
    near(
        &of_rain("conditional-mi rain.csv --x season --z month"),
        "mesner-shalizi",
        truth,
        0.02,
    );
    let rare = of_rain("mi rare.csv --x season --bootstrap 20");
    near(&rare, "gao-mixture", truth, 0.01);
    assert_eq!(rare["n"], 7997);
    let notes = rare["notes"].to_string();
    assert!(
        notes.contains("3 rows left out: their text occurs at most 3 times"),
        "{rare}"
    );
    // Jitter treats the zeros as rounded numbers; text is never rounded.
    let jittered = of_rain("mi rain.csv --x season --jitter");
    near(&jittered, "ross", truth, 0.02);
    let jitter = jittered["parameters"]["jitter"].as_str().unwrap();
    assert!(
        jitter.starts_with("seed 1, width ") && jitter.ends_with(" in rain"),
        "{jitter}"
    );
    let no_season: String = (0..30)
        .map(|i| format!("s{i},{}\n", (i % 7).max(3)))
        .collect();
    std::fs::write(at.join("names.csv"), format!("name,rain\n{no_season}")).unwrap();
    refused(
        at,
        "mi names.csv --estimator gao-mixture",
        &[
            "only 0 rows have text that occurs more than 3 times",
            "merge rare texts",
        ],
    );
}

/// The message for a constant column of text shows the text, not its code.
#[test]
fn a_constant_text_is_shown() {
    let at = folder();
    let at = at.path();
    std::fs::write(at.join("t.csv"), "sky,day\ngrey,1.5\ngrey,2.25\ngrey,3.5\n").unwrap();
    let says = [
        "column \"sky\" is \"grey\" in all 3 rows: its entropy is 0, and it carries no information",
    ];
    refused(at, "entropy t.csv --x sky", &says);
    refused(at, "mi t.csv", &says);
    refused(at, "kl t.csv t.csv --x sky", &says);
    let counted = found(at, "entropy t.csv --x sky --estimator plug-in");
    assert_eq!(counted["value"], 0.0);
}

/// A mark of a missing value is an error in a column of numbers, and noted in a column of text.
#[test]
fn marks_of_missing_values() {
    let at = folder();
    let at = at.path();
    let rows: String = (0..60)
        .map(|i| {
            let sex = ["female", "male", "NA"][if i == 7 { 2 } else { i % 2 }];
            let mass = if i == 9 {
                "n/a".into()
            } else {
                (3000 + 25 * (i % 30)).to_string()
            };
            format!("{sex},{mass},{}\n", i % 30)
        })
        .collect();
    std::fs::write(
        at.join("t.csv"),
        format!("sex,mass (g),\"age, years\"\n{rows}"),
    )
    .unwrap();
    ganscope(at, "measure entropy t.csv --x 2").fails(
        1,
        &["line 11, column \"mass (g)\": \"n/a\" is not a number; if it stands for a missing value, remove"],
    );
    let sex = found(at, "entropy t.csv --x sex");
    assert!(
        sex["notes"]
            .to_string()
            .contains("contains \\\"NA\\\" in 1 row, which is counted as a value"),
        "{sex}"
    );
    // Of several marks each is named.
    let answers = "yes,no,NA,?,yes,no,no,?,yes,no\n".replace(',', "\n");
    std::fs::write(at.join("answers.csv"), format!("answer\n{answers}")).unwrap();
    let answers = found(at, "entropy answers.csv");
    assert!(
        answers["notes"]
            .to_string()
            .contains("contains \\\"NA\\\" or \\\"?\\\" in 3 rows"),
        "{answers}"
    );
    // The missing standard error is explained once, and not at all if the bootstrap gives one.
    std::fs::write(at.join("even.csv"), "coin\n0\n1\n0\n1\n").unwrap();
    let even = "measure entropy even.csv --estimator plug-in";
    let none = ganscope(at, even).succeeds().out;
    assert_eq!(none.matches("no standard error").count(), 1, "{none}");
    let drawn = ganscope(at, &format!("{even} --bootstrap 20"))
        .succeeds()
        .out;
    assert!(
        drawn.contains(" ± ") && !drawn.contains("no standard error"),
        "{drawn}"
    );
    // Symbols, or a number in whole years?
    let age = found(at, "mi t.csv --x sex --y 3");
    let notes = age["notes"].to_string();
    assert!(
        notes.contains("if y is a rounded number, use --jitter to measure it as a number"),
        "{age}"
    );
}

/// With --drop-missing, rows with a missing value are left out and counted.
#[test]
fn rows_with_missing_values_are_dropped() {
    let at = folder();
    let at = at.path();
    let rows = {
        let all = normal(0, 2000).into_iter().zip(normal(1, 2000)).enumerate();
        let line = |(i, (a, own)): (usize, (f64, f64))| {
            let b = 0.6 * a + 0.8 * own;
            let words = ["", "NaN", "NA", "null"];
            match i % 100 {
                i @ 90..94 => format!("{a},{},sky\n", words[i - 90]),
                i @ 94..98 => format!("{},{b},sky\n", words[i - 94]),
                // A missing value in a column that is not used.
                98 => format!("{a},{b},\n"),
                _ => format!("{a},{b},sky\n"),
            }
        };
        format!("a,b,c\n{}", all.map(line).collect::<String>())
    };
    std::fs::write(at.join("holes.csv"), rows).unwrap();
    let holes = "measure mi holes.csv --x a --y b";
    ganscope(at, holes).fails(
        1,
        &[
            "line 96, column \"a\": the value is missing",
            "use --drop-missing to leave out all rows that have a missing value (80 in this column)",
        ],
    );
    let dropped = found(at, "mi holes.csv --x a --y b --drop-missing");
    assert_eq!(dropped["n"], 2000 - 160);
    assert_eq!(
        dropped["notes"][0],
        "rows of holes.csv left out because of missing values: column \"a\": \"NaN\", \"NA\", \"null\" 80 rows, column \
         \"b\": \"NaN\", \"NA\", \"null\" 80 rows"
    );
    near(&dropped, "ksg-1", LINEAR, 0.05);
    // The result is the same for a table without these rows.
    let text = std::fs::read_to_string(at.join("holes.csv")).unwrap();
    let whole = text.lines().filter(|line| {
        let mut fields = line.split(',').take(2);
        fields.all(|f| !["", "NaN", "NA", "null"].contains(&f))
    });
    std::fs::write(at.join("whole.csv"), whole.collect::<Vec<_>>().join("\n")).unwrap();
    std::fs::write(at.join("three.csv"), "c\nsky\nNA\nsea\nsky\n").unwrap();
    let whole = found(at, "mi whole.csv --x a --y b");
    assert_eq!(whole["value"], dropped["value"]);
    assert_eq!(whole["n"], dropped["n"]);
    // Each of two files loses its own rows.
    let two = found(at, "js holes.csv three.csv --x c --drop-missing");
    assert_eq!(
        two["notes"].to_string().matches("left out").count(),
        2,
        "{two}"
    );
    // A table in which every row has a missing value is refused.
    std::fs::write(at.join("none.csv"), "a,b\n1,\n,2\n").unwrap();
    ganscope(at, "measure mi none.csv --drop-missing").fails(
        1,
        &["every row has a missing value (column \"a\": 1 row; column \"b\": 1 row)"],
    );
}

/// Other errors in a dropped row do not matter, and a word that means something is kept.
#[test]
fn dropped_rows_are_not_checked() {
    let at = folder();
    let at = at.path();
    let table = |name: &str, first: &str| {
        let rows = normal(0, 100).into_iter().zip(normal(1, 100));
        let rows = rows.map(|(a, b)| format!("{a},{b}\n"));
        std::fs::write(
            at.join(name),
            format!("a,b\n{first}{}", rows.collect::<String>()),
        )
        .unwrap();
    };
    for (name, first) in [
        ("text.csv", ",bad\n"),
        ("inf.csv", "NA,inf\n"),
        ("both.csv", ",\n,x\n"),
    ] {
        table(name, first);
        assert_eq!(found(at, &format!("mi {name} --drop-missing"))["n"], 100);
    }
    // A column of text with a number in a dropped row.
    let rows = (0..100).map(|i| format!("{i}.5,{}\n", ["up", "down"][i % 2]));
    let words = format!("a,b\n,3.5\n{}", rows.collect::<String>());
    std::fs::write(at.join("words.csv"), words).unwrap();
    let words = found(at, "mi words.csv --drop-missing");
    assert_eq!(words["kinds"]["y"], "discrete", "{words}");
    // "none" says how much somebody smokes; "NA" is a missing value.
    let rows = (0..90).map(|i| format!("{}\n", ["none", "some", "NA"][i % 3]));
    std::fs::write(
        at.join("none.csv"),
        format!("smokes\n{}", rows.collect::<String>()),
    )
    .unwrap();
    let none = found(at, "entropy none.csv --drop-missing --estimator plug-in");
    assert_eq!(none["n"], 60);
    near(&none, "plug-in", LN_2, 1e-12);
    assert!(
        none["notes"].to_string().contains("\\\"NA\\\" 30 rows"),
        "{none}"
    );
}

/// A note says how to write text such as `12 %` so that it is read as a number.
#[test]
fn numbers_written_for_people() {
    let at = folder();
    let at = at.path();
    let table = |name: &str, field: fn(usize) -> String| {
        let rows = normal(0, 200).into_iter().enumerate();
        let rows = rows.map(|(i, a)| format!("{},{a}\n", field(i)));
        std::fs::write(at.join(name), format!("a,b\n{}", rows.collect::<String>())).unwrap();
    };
    table("percent.csv", |i| format!("{} %", i % 20));
    table("comma.csv", |i| format!("\"{},5\"", i % 20));
    table("words.csv", |i| format!("kind {}", i % 20));
    table("wide.csv", |i| {
        let digits = (1.5 + (i % 20) as f64).to_string();
        let wide = digits
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap());
        wide.collect()
    });
    table("mass.csv", |i| format!("1.{} kg", 10 + i % 20));
    table("money.csv", |i| format!("\"$1,0{}\"", 10 + i % 20));
    table("units.csv", |i| {
        format!("{} {}", i % 20, ["g", "kg"][i % 2])
    });
    for (name, says) in [
        (
            "percent.csv",
            Some(
                "text such as \"0 %\", which is treated as a symbol; to have it treated as a number, write 0",
            ),
        ),
        (
            "comma.csv",
            Some(
                "text such as \"0,5\", which is treated as a symbol; to have it treated as a number, write 0.5",
            ),
        ),
        (
            "mass.csv",
            Some(
                "text such as \"1.10 kg\", which is treated as a symbol; to have it treated as a number, write 1.10",
            ),
        ),
        (
            "money.csv",
            Some(
                "text such as \"$1,010\", which is treated as a symbol; to have it treated as a number, write 1010",
            ),
        ),
        (
            "wide.csv",
            Some(
                "text such as \"１．５\", which is treated as a symbol; to have it treated as a number, write 1.5",
            ),
        ),
        ("words.csv", None),
        ("units.csv", None),
    ] {
        let notes = found(at, &format!("mi {name}"))["notes"]
            .to_string()
            .replace("\\\"", "\"");
        match says {
            Some(says) => assert!(notes.contains(says), "{name}: {notes}"),
            None => assert!(!notes.contains("treated as a number, write"), "{notes}"),
        }
    }
}

/// The way in which numbers are written may be the reason for an error.
#[test]
fn an_error_mentions_text_that_looks_like_numbers() {
    let at = folder();
    let rows = normal(0, 50).into_iter().zip(0..);
    let rows = rows.map(|(a, i)| format!("\"1,234,5{}\",{a}\n", 10 + i));
    let text = format!("a,b\n{}", rows.collect::<String>());
    std::fs::write(at.path().join("long.csv"), text).unwrap();
    refused(
        at.path(),
        "mi long.csv",
        &["every class has only one row", "write 1234510"],
    );
}
