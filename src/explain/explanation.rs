//! The explanation of a GAN.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::context::Context;
use super::method::{METHODS, Method};
use super::section::Section;
use super::settings::{Event, ExplainSettings, Progress};
use crate::error::{Error, Result, unknown};
use crate::files::write_atomically;
use crate::interpret::{Directions, Subject};

/// Methods whose first findings are the main findings, the most important first.
const MAIN: [&str; 8] = [
    "samples",
    "effects",
    "copying",
    "inversion",
    "disentanglement",
    "probes",
    "units",
    "geometry",
];

/// Number of main findings.
const MAIN_FINDINGS: usize = 3;

/// Everything that was found out about one GAN.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// What the networks are, such as `nsgan on mnist at step 3,000`.
    pub title: String,
    /// Version of ganscope.
    pub version: &'static str,
    /// How the GAN was explained.
    pub settings: ExplainSettings,
    /// The main findings, one from each of the first methods that found something.
    pub main_findings: Vec<String>,
    /// What each method found, in the order of the page.
    pub sections: Vec<Section>,
    /// The methods that do not apply.
    pub omitted: Vec<Omission>,
    /// The directions of the page, in the order of its table.
    pub directions: Option<Directions>,
}

/// A method that does not apply, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Omission {
    /// Name of the method.
    pub method: &'static str,
    /// Why it does not apply.
    pub reason: String,
}

/// Explains a GAN with every method that applies, or those that `settings` names. `others` are GANs of the same
/// architecture that were trained with other seeds or settings; their directions are compared. `watch` is called before
/// each method and with messages; an error that it returns ends the explanation.
///
/// ```
/// use ganscope::explain::{ExplainSettings, explain};
/// use ganscope::interpret::{RealData, Subject};
/// use ganscope::train::{Settings, Trainer};
/// let (config, data) = Settings::parse("data = \"ring8\"\nbatch = 64")?.resolve()?;
/// let mut trainer = Trainer::new(config.clone(), data)?;
/// for _ in 0..20 {
///     trainer.step()?;
/// }
/// let subject = Subject {
///     title: "nsgan on ring8".into(),
///     generator: Some(trainer.generator().clone()),
///     discriminator: Some(trainer.discriminator().clone()),
///     objective: Some(config.objective),
///     codes: config.codes.clone(),
///     data: Some(RealData::open(config.data)?),
/// };
/// let settings = ExplainSettings { only: vec!["effects".into()], latents: 100, ..Default::default() };
/// let found = explain(&subject, &[], &settings, &mut |_| Ok(()))?;
/// assert_eq!(found.sections[0].method, "effects");
/// assert!(found.html().contains("nsgan on ring8"));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] for an unknown method, or if no method applies; the errors of the methods and of `watch`.
pub fn explain(
    subject: &Subject,
    others: &[Subject],
    settings: &ExplainSettings,
    watch: &mut dyn FnMut(&Event<'_>) -> Result<()>,
) -> Result<Explanation> {
    check_names(&settings.only)?;
    let is_selected =
        |m: &&Method| settings.only.is_empty() || settings.only.iter().any(|o| o == m.name);
    let mut omitted = Vec::new();
    let mut methods = Vec::new();
    for method in METHODS.iter().filter(is_selected) {
        match (method.obstacle)(subject) {
            Some(reason) => omitted.push(Omission {
                method: method.name,
                reason: reason.into(),
            }),
            None => methods.push(method),
        }
    }
    if methods.is_empty() {
        return Err(nothing_applies(subject, &omitted));
    }
    let mut interrupted = Ok(());
    let mut note = |message: &str| {
        if interrupted.is_ok() {
            interrupted = watch(&Event::Note(message));
        }
    };
    let mut context = Context::new(subject, others, settings, &mut note)?;
    interrupted?;
    let all: f64 = methods.iter().map(|method| method.cost).sum();
    let (mut sections, mut over) = (Vec::new(), 0.0);
    for (done, method) in methods.iter().enumerate() {
        watch(&Event::Method(Progress {
            method: method.heading,
            done,
            total: methods.len(),
            fraction: over / all,
        }))?;
        let mut section = Section::new(method.name, method.heading);
        match (method.run)(&mut context, &mut section) {
            Ok(()) => sections.push(section),
            // The method refuses this GAN, for instance because all its samples have the same class.
            Err(Error::Usage(reason)) => omitted.push(Omission {
                method: method.name,
                reason,
            }),
            Err(other) => return Err(other),
        }
        over += method.cost;
    }
    if sections.is_empty() {
        return Err(nothing_applies(subject, &omitted));
    }
    let first = |name: &&str| {
        let section = sections.iter().find(|s: &&Section| s.method == *name)?;
        section.findings.first().cloned()
    };
    Ok(Explanation {
        title: subject.title.clone(),
        version: env!("CARGO_PKG_VERSION"),
        settings: settings.clone(),
        main_findings: MAIN.iter().filter_map(first).take(MAIN_FINDINGS).collect(),
        directions: context.selected().cloned(),
        sections,
        omitted,
    })
}

/// The error if no method could be run.
fn nothing_applies(subject: &Subject, omitted: &[Omission]) -> Error {
    let reasons: Vec<String> = (omitted.iter())
        .map(|o| format!("{}: {}", o.method, o.reason))
        .collect();
    Error::Usage(format!(
        "none of the selected methods applies to {} ({})",
        subject.title,
        reasons.join("; ")
    ))
}

/// Refuses the name of a method that does not exist.
fn check_names(only: &[String]) -> Result<()> {
    let names: Vec<&str> = METHODS.iter().map(|method| method.name).collect();
    match only.iter().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(unknown("method", name, &names)),
        None => Ok(()),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inside {}", self.title)?;
        for section in &self.sections {
            write!(f, "\n\n{}", section.heading)?;
            for finding in &section.findings {
                write!(f, "\n- {finding}")?;
            }
        }
        for omission in &self.omitted {
            write!(
                f,
                "\n\nnot examined: {}, because {}",
                omission.method, omission.reason
            )?;
        }
        Ok(())
    }
}

impl Explanation {
    /// Writes `explain.html`, `explain.json` and, if directions were found, `directions.npy` into a directory. Each file
    /// is written atomically.
    ///
    /// # Errors
    /// [`Error::Io`] naming the file that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let html = self.html();
        let json = serde_json::to_string_pretty(self)
            .map_err(|e| Error::Usage(format!("the explanation cannot be written as JSON: {e}")))?;
        if let Some(directions) = &self.directions {
            directions.write(&folder.join("directions.npy"))?;
        }
        write_atomically(&folder.join("explain.json"), |file| {
            std::io::Write::write_all(file, json.as_bytes())
        })?;
        write_atomically(&folder.join("explain.html"), |file| {
            std::io::Write::write_all(file, html.as_bytes())
        })
    }
}
