//! Properties of the columns, on which the choice of an estimator, refusals and notes depend.

use std::cell::OnceCell;

use super::data::{Data, Variable, stacked};
use super::input::{Input, Run, Settings};
use super::quantity::Quantity;
use crate::error::{Error, Result, counted};
use crate::info::kind::{Repeats, column};
use crate::info::{Estimate, Kind, Sample};

/// Number of columns above which nearest neighbours are too far away to be of use.
pub(in crate::info) const MANY_COLUMNS: usize = 8;

/// The variables of one measurement, with the kinds of their columns and counts of repeated rows.
pub(in crate::info) struct Summary<'a> {
    pub quantity: Quantity,
    pub settings: Settings,
    pub variables: &'a [Variable],
    pub data: Vec<Data>,
    /// The kind of each column of each variable.
    pub column_kinds: Vec<Vec<Kind>>,
    /// The kind of each variable.
    pub kinds: Vec<Kind>,
    /// The kind that estimators treat each variable as: with jitter, repeated numbers are continuous. Two samples
    /// that are compared have one kind in common.
    pub treated_as: Vec<Kind>,
    joint_repeats: OnceCell<Repeats>,
    ksg_1: OnceCell<Estimate>,
}

impl<'a> Summary<'a> {
    /// Determines the kinds of the variables.
    ///
    /// # Errors
    /// [`Error::Usage`] for variables of different lengths, and for samples of different dimensions.
    pub fn new(
        quantity: Quantity,
        variables: &'a [Variable],
        settings: Settings,
    ) -> Result<Summary<'a>> {
        quantity.expects(variables.len())?;
        same_shape(quantity, variables)?;
        two_rows(quantity, variables)?;
        let column_kinds: Vec<Vec<Kind>> = variables.iter().map(Variable::kinds).collect();
        let kinds: Vec<Kind> = column_kinds.iter().map(|k| Kind::together(k)).collect();
        let common = if quantity.compares_samples() {
            vec![common_kind(variables, &kinds)?]
        } else {
            kinds.clone()
        };
        // Text is never a rounded number.
        let treated_as = common.iter().zip(variables).map(|(kind, variable)| {
            let repeats = matches!(kind, Kind::Mixed | Kind::Discrete);
            if repeats && settings.jitter && variable.symbols.is_empty() {
                Kind::Continuous
            } else {
                *kind
            }
        });
        Ok(Summary {
            quantity,
            settings,
            variables,
            data: variables.iter().map(Variable::data).collect(),
            treated_as: treated_as.collect(),
            column_kinds,
            kinds,
            joint_repeats: OnceCell::new(),
            ksg_1: OnceCell::new(),
        })
    }

    /// Names of the variables: x, y, z, or p and q.
    pub fn names(&self) -> &'static [&'static str] {
        self.quantity.variables()
    }

    /// The values of variable i.
    pub fn sample(&self, i: usize) -> &Sample {
        &self.variables[i].sample
    }

    /// Whether estimators treat every variable as of this kind.
    pub fn all(&self, kind: Kind) -> bool {
        self.treated_as.iter().all(|other| *other == kind)
    }

    /// The number of columns that form one observation.
    pub fn width(&self) -> usize {
        if self.quantity.compares_samples() {
            self.sample(0).dimension()
        } else {
            self.variables.iter().map(|v| v.sample.dimension()).sum()
        }
    }

    /// How often rows of all variables together repeat.
    ///
    /// # Errors
    /// [`Error::Usage`] for variables of different lengths, as two samples may have.
    pub fn joint_repeats(&self) -> Result<&Repeats> {
        if let Some(known) = self.joint_repeats.get() {
            return Ok(known);
        }
        let mut others = self.variables[1..].iter();
        let all = others.try_fold(self.sample(0).clone(), |all, v| all.beside(&v.sample))?;
        Ok(self.joint_repeats.get_or_init(|| Repeats::of(&all)))
    }

    /// The estimate of I(x; y) by `ksg-1`, whose `run` is called at most once. It is kept, so that choosing `ksg-1`
    /// does not compute it again.
    pub fn ksg_1(&self, run: Run) -> Result<&Estimate> {
        if let Some(known) = self.ksg_1.get() {
            return Ok(known);
        }
        let data: Vec<&Data> = self.data.iter().collect();
        let found = run(&self.input(&data))?;
        Ok(self.ksg_1.get_or_init(|| found))
    }

    /// The input of an estimator that runs on all rows.
    pub fn input<'b>(&'b self, data: &'b [&'b Data]) -> Input<'b> {
        Input {
            data,
            settings: self.settings,
            ksg_1: self.ksg_1.get(),
        }
    }

    /// The kinds in words: "x is discrete, y is continuous".
    pub fn kinds_in_words(&self) -> String {
        let word = |kind: &Kind| match kind {
            Kind::Constant => "constant",
            Kind::Discrete => "discrete",
            Kind::Mixed => "mixed (some values repeat)",
            Kind::Continuous => "continuous",
        };
        let kinds = &self.treated_as;
        let same = kinds.iter().all(|kind| *kind == kinds[0]);
        match (same, self.names()) {
            (true, [one]) => format!("{one} is {}", word(&kinds[0])),
            (true, [first @ .., last]) => {
                format!("{} and {last} are {}", first.join(", "), word(&kinds[0]))
            }
            _ => {
                let each = self.names().iter().zip(kinds);
                let each: Vec<String> = each.map(|(n, k)| format!("{n} is {}", word(k))).collect();
                each.join(", ")
            }
        }
    }

    /// Variable i with its column that repeats most: `x (column "a": 3 different values in 1,000 rows)`.
    pub fn described(&self, i: usize) -> String {
        let (sample, columns) = (self.sample(i), &self.variables[i].columns);
        let (j, repeats) = (0..sample.dimension())
            .map(|j| (j, Repeats::of(&column(sample, j))))
            .max_by_key(|(_, repeats)| repeats.n - repeats.different)
            .unwrap_or((0, Repeats::of(sample)));
        format!(
            "{} (column \"{}\": {} in {})",
            self.names()[i],
            columns[j],
            counted(repeats.different, "different value"),
            counted(repeats.n, "row")
        )
    }
}

/// Refuses samples of different dimensions, and variables of one sample with different numbers of rows.
fn same_shape(quantity: Quantity, variables: &[Variable]) -> Result<()> {
    let (first, names) = (&variables[0].sample, quantity.variables());
    for (other, name) in variables.iter().zip(names).skip(1) {
        let other = &other.sample;
        if quantity.compares_samples() && first.dimension() != other.dimension() {
            return Err(Error::Usage(format!(
                "p has {} and q has {}; a divergence compares samples of the same variables",
                counted(first.dimension(), "column"),
                counted(other.dimension(), "column")
            )));
        }
        if !quantity.compares_samples() && first.len() != other.len() {
            return Err(Error::Usage(format!(
                "{} has {} and {name} has {}; each row must have both",
                names[0],
                counted(first.len(), "observation"),
                counted(other.len(), "observation"),
            )));
        }
    }
    Ok(())
}

/// Refuses a single row, about which no estimator can say anything.
fn two_rows(quantity: Quantity, variables: &[Variable]) -> Result<()> {
    let mut all = variables.iter().zip(quantity.variables());
    match all.find(|(variable, _)| variable.sample.len() < 2) {
        None => Ok(()),
        Some((_, name)) => {
            let of = if quantity.compares_samples() {
                format!(" for {name}")
            } else {
                String::new()
            };
            Err(Error::Usage(format!(
                "1 row is too few{of}: an estimate needs at least 2 rows, and a good one many more"
            )))
        }
    }
}

/// The kind of the values of two samples together. Two samples of numbers may have numbers in common.
fn common_kind(variables: &[Variable], kinds: &[Kind]) -> Result<Kind> {
    if kinds.iter().all(|kind| *kind == Kind::Continuous) {
        return Ok(Kind::Continuous);
    }
    let both = Variable {
        sample: stacked(&variables[0].sample, &variables[1].sample)?,
        ..variables[0].clone()
    };
    Ok(Kind::together(&both.kinds()))
}
