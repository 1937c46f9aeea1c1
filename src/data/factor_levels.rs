//! Restriction of a dataset with known factors to some levels of each factor.

use std::collections::BTreeMap;

use crate::error::{Error, Result, unknown};

/// The levels that the setting `factors` allows, for each factor of a dataset.
pub(super) struct LevelChoice<'a>(Vec<Option<&'a [usize]>>);

impl<'a> LevelChoice<'a> {
    /// Checks the setting `factors` of the dataset called `dataset`, whose `factors` are pairs of name and number of
    /// levels. A factor without an entry in `levels` may have any level.
    ///
    /// # Errors
    /// [`Error::Config`] for a factor that does not exist, an empty list of levels, or a level that does not exist.
    pub fn new(
        dataset: &str,
        factors: &[(&str, usize)],
        levels: &'a BTreeMap<String, Vec<usize>>,
    ) -> Result<Self> {
        for (name, allowed) in levels {
            let key = format!("factors.{name}");
            let Some((_, count)) = factors.iter().find(|(n, _)| n == name) else {
                let names: Vec<&str> = factors.iter().map(|(name, _)| *name).collect();
                return Err(unknown(&format!("factor of {dataset}"), name, &names).of_setting(key));
            };
            if allowed.is_empty() {
                return Err(Error::setting(
                    key,
                    format!(
                        "factor {name} of {dataset} has an empty list of levels; leave the factor out to use all {count}"
                    ),
                ));
            }
            if let Some(level) = allowed.iter().find(|level| *level >= count) {
                return Err(Error::setting(
                    key,
                    format!(
                        "factor {name} of {dataset} has levels 0 to {}, not {level}",
                        count - 1
                    ),
                ));
            }
        }
        let of_factor = |(name, _): &(&str, usize)| levels.get(*name).map(Vec::as_slice);
        Ok(LevelChoice(factors.iter().map(of_factor).collect()))
    }

    /// Whether a sample with these levels, in the order of the factors, is allowed.
    pub fn allows(&self, levels: &[usize]) -> bool {
        let mut pairs = levels.iter().zip(&self.0);
        pairs.all(|(level, allowed)| allowed.is_none_or(|allowed| allowed.contains(level)))
    }
}
