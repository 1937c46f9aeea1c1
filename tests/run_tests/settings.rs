//! What a user wrote, to the complete configuration.

use crate::common::{POINTS, says, settings};
use ganscope::Error;
use ganscope::gan::{LeastSquares, ObjectiveConfig};
use ganscope::optim::{Clip, Decay, OptimizerConfig};
use ganscope::train::{Settings, TrainConfig};

fn config(text: &str, over: &[&str]) -> TrainConfig {
    settings(text, over).resolve().unwrap().0
}

#[track_caller]
fn refused(text: &str, over: &[&str], parts: &[&str]) {
    says(settings(text, over).resolve(), parts);
}

#[test]
fn flags_override_the_file() {
    let config = config(
        "steps = 10\nbatch = 32\n[optimizer.generator]\nlr = 0.5",
        &["steps=20", "optimizer.generator.lr=0.25", "gan=lsgan"],
    );
    assert_eq!((config.steps, config.batch), (20, 32));
    assert_eq!(config.optimizer.generator.lr(), 0.25);
    assert_eq!(
        config.objective,
        ObjectiveConfig::Lsgan(LeastSquares::default())
    );
    assert_eq!(config.gan, "lsgan");
}

#[test]
fn a_partial_override_keeps_the_other_defaults() {
    let plain = config("", &[]);
    let changed = config("[optimizer.generator]\nbeta1 = 0.25", &[]);
    let OptimizerConfig::Adam { lr, beta2, eps, .. } = plain.optimizer.generator else {
        panic!("{:?}", plain.optimizer)
    };
    let expected = OptimizerConfig::Adam {
        lr,
        beta1: 0.25,
        beta2,
        eps,
    };
    assert_eq!(changed.optimizer.generator, expected);
    assert_eq!(
        changed.optimizer.discriminator,
        plain.optimizer.discriminator
    );
    let mut same = changed;
    same.optimizer = plain.optimizer.clone();
    assert_eq!(same, plain);
}

#[test]
fn another_kind_replaces_the_whole_table() {
    let config = config(
        "[optimizer.generator]\nkind = \"sgd\"\nlr = 0.5\n[clip.generator]\nkind = \"norm\"\nlimit = 1",
        &["schedule.discriminator.kind=constant"],
    );
    // Adam's beta1, which SGD would refuse, is gone.
    assert_eq!(config.optimizer.generator, OptimizerConfig::sgd(0.5));
    assert_eq!(config.optimizer.discriminator.kind(), "adam");
    assert_eq!(config.clip.generator, Clip::Norm { limit: 1.0 });
    assert_eq!(config.clip.discriminator, Clip::None {});
    assert_eq!(config.schedule.discriminator.decay, Decay::Constant {});
    // The same kind changes what it names.
    let adam = self::config("[optimizer.generator]\nkind = \"adam\"\nbeta2 = 0.9", &[]);
    assert!(matches!(
        adam.optimizer.generator,
        OptimizerConfig::Adam {
            beta1: 0.0,
            beta2: 0.9,
            ..
        }
    ));
}

#[test]
fn data_by_name_or_by_table() {
    let short = config("data = \"sprites\"", &[]);
    assert_eq!(short.data.name, "sprites");
    assert_eq!(short, config("[data]\nname = \"sprites\"", &[]));
    assert_eq!(short, config("", &["data=sprites"]));
    let both = config("data = \"sprites\"", &["data.dir='/there'"]);
    let dir = std::path::Path::new("/there");
    assert_eq!(
        (both.data.name.as_str(), both.data.dir.as_deref()),
        ("sprites", Some(dir))
    );
    assert_eq!(config("", &[]).data.name, "grid25");
}

#[test]
fn the_written_configuration_reads_back_as_the_same() {
    for (text, over) in [
        ("", vec![]),
        ("data = \"sprites\"\ngan = \"lsgan\"", vec![]),
        (POINTS, vec!["objective.label_smoothing=0.1", "ema=0"]),
        (crate::common::SPRITES, vec!["seed=123456789012345"]),
        (
            "[clip.generator]\nkind = \"value\"\nlimit = 0.1",
            vec!["optimizer.discriminator.lr=0.1"],
        ),
    ] {
        let config = config(text, &over);
        let again = Settings::parse(&config.to_toml()).unwrap();
        assert_eq!(again.resolve().unwrap().0, config, "{}", config.to_toml());
        assert_eq!(
            toml::from_str::<TrainConfig>(&config.to_toml()).unwrap(),
            config
        );
    }
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest() {
    refused(
        "steps = 10\nbacth = 3",
        &[],
        &["line 2", "\"bacth\"", "nearest is \"batch\""],
    );
    refused(
        "# a comment\n[optimizer.generator]\nkind = \"adam\"\n\nbetta1 = 0.5",
        &[],
        &["line 5", "\"betta1\"", "nearest is \"beta1\""],
    );
    refused("", &["n_citric=2"], &["\"n_citric\"", "\"n_critic\""]);
    refused("", &["data.nmae=ring8"], &["\"nmae\"", "\"name\""]);
    refused(
        "[clip.generator]\nkind = \"nrom\"\nlimit = 1",
        &[],
        &["line 2", "\"nrom\"", "\"norm\""],
    );
    refused(
        "[generator]\nlayers = [{ type = \"dense\", in = 2, out = 2 },\n { type = \"rellu\" }]",
        &[],
        &["line 3", "\"rellu\"", "\"relu\""],
    );
    refused("", &["gan=nsgna"], &["\"nsgna\"", "\"nsgan\""]);
    refused("data = \"ring9\"", &[], &["\"ring9\"", "\"ring8\""]);
    refused(
        "[schedule.generator]\nkind = \"cosine\"\novr = 3",
        &[],
        &["\"ovr\""],
    );
}

#[test]
fn a_wrong_type_names_the_key() {
    refused("seed = 1\nsteps = \"many\"", &[], &["line 2", "steps"]);
    refused("", &["batch=1.5"], &["batch"]);
    refused("", &["steps=-1"], &["steps"]);
    refused(
        "[optimizer.generator]\nlr = \"fast\"",
        &[],
        &["lr", "line 2"],
    );
    refused("gan = 3", &[], &["gan", "line 1"]);
    refused("data = 3", &[], &["data", "line 1"]);
    refused("latent = \"x\"", &[], &["latent", "line 1"]);
    refused("ema = true", &[], &["ema", "line 1"]);
    says(Settings::parse("a = 1\nb = = 2"), &["line 2"]);
    let set = |key: &str| settings("steps = 3", &[]).set(key, 1);
    says(set("steps.inner"), &["steps.inner", "\"steps\""]);
    says(settings("", &[]).assign("steps"), &["key=value"]);
}

#[test]
fn a_wrong_type_is_reported_without_names_of_rust_types() {
    for (assignment, message) in [
        ("optimizer=3", "optimizer must be a table, not 3"),
        (
            "optimizer.generator=3",
            "optimizer.generator must be a table, not 3",
        ),
        (
            "generator.layers=3",
            "generator.layers must be a list, not 3",
        ),
        (
            "batch=-4",
            "batch must be a whole number of at least 1, not -4",
        ),
        (
            "batch=1.5",
            "batch must be a whole number of at least 1, not 1.5",
        ),
        (
            "steps=many",
            "steps must be a whole number of at least 1, not \"many\"",
        ),
        (
            "steps=0",
            "steps must be a whole number of at least 1, not 0",
        ),
        (
            "seed=-1",
            "seed must be a whole number of at least 0, not -1",
        ),
        (
            "optimizer.generator.lr=-1",
            "optimizer.generator.lr must be positive and finite in single precision, got -1",
        ),
        (
            "clip.discriminator={kind='norm',limit=0}",
            "clip.discriminator.limit must be positive and finite, got 0",
        ),
        (
            "schedule.generator.floor=2",
            "schedule.generator.floor must be in [0, 1]",
        ),
        (
            "optimizer.generator.lr=fast",
            "optimizer.generator.lr must be a number, not \"fast\"",
        ),
        ("data.grey=3", "data.grey must be true or false, not 3"),
        ("gan=[]", "gan must be a name, not []"),
    ] {
        let error = settings("", &[assignment]).resolve().unwrap_err();
        assert_eq!(error.to_string(), message);
        let Error::Config { key, place, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(
            (Some(key.as_str()), place),
            (message.split(' ').next(), None)
        );
    }
    let missing = "generator.layers=[{type='dense',in=2}]";
    refused("", &[missing], &["generator.layers", "missing field `out`"]);
    let unlike = settings("", &["foo=1"]).resolve().unwrap_err().to_string();
    assert!(
        !unlike.contains("nearest") && unlike.contains("all: gan, steps"),
        "{unlike}"
    );
}

/// The key path of a wrong setting and the place where it stands.
#[test]
fn an_error_has_the_key_path_and_the_line() {
    for (text, key, line) in [
        ("steps = 10\nbacth = 3", "bacth", 2),
        (
            "[optimizer.generator]\nbeta1 = 0.5\nlr = \"fast\"",
            "optimizer.generator.lr",
            3,
        ),
        ("optimizer.generator.lr = -1", "optimizer.generator.lr", 1),
        (
            "[schedule]\n[schedule.generator]\nkind = \"cosine\"\nover = 9\nfloor = 2",
            "schedule.generator.floor",
            5,
        ),
        (
            "[generator]\nlayers = [{ type = \"dense\", in = 2, out = 2 },\n { type = \"maxout\", pieces = true }]",
            "generator.layers[1].pieces",
            3,
        ),
        // A word of the message that stands in an earlier line is not the place.
        (
            "# batch\ndata = \"sprites\" # only\nseed = 5\nbatch = 80000",
            "batch",
            4,
        ),
        ("gan = \"wgan\"\n[r_adv]\nkind = \"repaired\"", "r_adv", 2),
        ("[data]\nname = \"mnits\"", "data", 1),
        (
            "penalty = { kind = \"none\",\n weight = 3 }",
            "penalty.weight",
            2,
        ),
    ] {
        let error = Settings::parse(text).unwrap().resolve().unwrap_err();
        let Error::Config {
            key: found, place, ..
        } = error
        else {
            panic!("{text}: {error:?}")
        };
        let place = place.map(|place| (place.file, place.line));
        let expected = ("configuration".to_string(), Some(line));
        assert_eq!((found.as_str(), place), (key, Some(expected)), "{text}");
    }
}

#[test]
fn what_would_do_nothing_is_refused() {
    refused(
        "data = \"ring8\"",
        &["data.grey=true"],
        &["grey", "images:DIR"],
    );
    refused(
        "[data]\nname = \"sprites\"\nimage_size = 64",
        &[],
        &["line 3", "image_size"],
    );
    refused(
        "",
        &["clip.generator.limit=3"],
        &[
            "clip.generator has no setting \"limit\"",
            "set clip.generator.kind",
        ],
    );
    for network in ["generator", "discriminator"] {
        let flat = format!("{network}.layers=[{{type='relu'}}]");
        refused("", &[&flat], &[network, "no layer with weights"]);
    }
    refused(
        "",
        &["generator.layers=[]"],
        &["generator", "no layer with weights"],
    );
}

#[test]
fn what_the_data_refuse_comes_with_its_line() {
    let factors =
        |held: &str| format!("seed = 1\n[data]\nname = \"sprites\"\n[data.factors]\n{held}");
    refused(
        &factors("shape = [0]\nrotaton = [0]"),
        &[],
        &["line 6", "\"rotation\""],
    );
    refused(
        &factors("rotation = [99]"),
        &[],
        &["line 5", "levels 0 to 15, not 99"],
    );
    refused("seed = 1\ngan = \"nsgna\"", &[], &["line 2", "\"nsgan\""]);
    refused("seed = 1\ndata = \"ring9\"", &[], &["line 2", "\"ring8\""]);
}

#[test]
fn sizes_and_values_that_cannot_be() {
    for key in [
        "steps",
        "batch",
        "latent",
        "n_critic",
        "log_every",
        "sample_every",
        "checkpoint_every",
    ] {
        refused(&format!("{key} = 0"), &[], &[key, "line 1", "at least 1"]);
        refused("", &[&format!("{key}=0")], &[key, "at least 1"]);
    }
    refused("ema = 1.0", &[], &["ema", "[0, 1)"]);
    refused("", &["ema=-0.5"], &["ema"]);
    refused(
        "",
        &["optimizer.generator.lr=0"],
        &["generator", "lr", "positive"],
    );
    refused(
        "",
        &["optimizer.generator.lr=1e-50"],
        &["single precision, got 1e-50"],
    );
    refused(
        "",
        &["optimizer.discriminator.beta1=1"],
        &["discriminator", "beta1"],
    );
    refused(
        "",
        &["objective.label_smoothing=1"],
        &["label_smoothing", "[0, 1)"],
    );
    refused(
        "[schedule.generator]\nkind = \"cosine\"\nover = 0",
        &[],
        &["generator", "over", "at least 1"],
    );
    refused(
        "[clip.discriminator]\nkind = \"norm\"\nlimit = -1",
        &[],
        &["discriminator", "limit", "positive"],
    );
    refused(
        "batch = 80000\ndata = \"sprites\"",
        &[],
        &["80000", "73728"],
    );
}

#[test]
fn networks_that_do_not_fit_the_data() {
    let dense = |from: usize, to: usize| format!("{{ type = \"dense\", in = {from}, out = {to} }}");
    let with = |network: &str, layers: &str| format!("[{network}]\nlayers = [{layers}]");
    let g = with("generator", &dense(2, 3));
    refused(&g, &[], &["generator", "output", "2 numbers", "3 numbers"]);
    let d = with("discriminator", &dense(2, 2));
    refused(&d, &[], &["discriminator", "output", "1 number"]);
    let torn = with("generator", &format!("{}, {}", dense(2, 8), dense(9, 2)));
    let result = settings(&torn, &[]).resolve();
    assert!(matches!(
        result,
        Err(Error::Shape { index: 1, ref network, .. }) if network == "generator"
    ));
    says(result, &["9 numbers", "8 numbers", "dense 9→2"]);
    let narrow = format!(
        "{}\ninput = {{ kind = \"vector\", len = 5 }}",
        with("generator", &dense(5, 2))
    );
    refused(
        &narrow,
        &[],
        &["generator", "input", "2 numbers", "5 numbers"],
    );
}

#[test]
fn spectral_norm_is_off_unless_said_and_refused_where_it_cannot_be() {
    assert!(!config("", &[]).discriminator.spectral_norm);
    let on = config("[discriminator]\nspectral_norm = true", &[]);
    assert!(on.discriminator.spectral_norm && !on.generator.spectral_norm);
    assert!(on.to_toml().contains("spectral_norm = true"));
    // A configuration of before there was the setting.
    let old = on.to_toml().replace("spectral_norm = true\n", "");
    let old: TrainConfig = toml::from_str(&old).unwrap();
    assert!(!old.discriminator.spectral_norm);
    let text = "data = \"sprites\"\n[generator]\nspectral_norm = true";
    refused(
        text,
        &[],
        &[
            "line 3",
            "generator",
            "batch_norm",
            "deviation over the batch",
        ],
    );
    let maxout = "[discriminator]\nspectral_norm = true\nlayers = [\n\
        { type = \"dense\", in = 2, out = 4 }, { type = \"maxout\", pieces = 4 }]";
    refused(maxout, &[], &["line 2", "layer 1 (maxout 4)", "pieces"]);
}
