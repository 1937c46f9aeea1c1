//! Amounts of information carry their unit in their type.

use std::f64::consts::LN_2;
use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount of information counted in natural logarithms.
///
/// ```
/// use ganscope::info::{Bits, Nats};
/// assert_eq!(format!("{:.4}", Nats(2.0f64.ln())), "0.6931 nats");
/// assert!((Nats(2.0f64.ln()).bits().0 - 1.0).abs() < 1e-15);
/// assert_eq!(Nats(1.5) - Nats(0.5), Nats(1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nats(pub f64);

/// An amount of information counted in logarithms to base 2.
///
/// ```
/// use ganscope::info::{Bits, Nats};
/// assert_eq!(format!("{:.1}", Bits(3.0)), "3.0 bits");
/// assert_eq!(Nats::from(Bits(1.0)), Nats(std::f64::consts::LN_2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bits(pub f64);

/// Unit in which an amount is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Logarithms to base 2.
    #[default]
    Bits,
    /// Natural logarithms.
    Nats,
}

impl Unit {
    /// An amount as a number of this unit.
    ///
    /// ```
    /// use ganscope::info::{Nats, Unit};
    /// assert_eq!(Unit::Nats.of(Nats(0.5)), 0.5);
    /// assert!((Unit::Bits.of(Nats(0.5)) - 0.721_347_520_444_481_7).abs() < 1e-15);
    /// ```
    pub fn of(self, amount: Nats) -> f64 {
        match self {
            Unit::Bits => amount.bits().0,
            Unit::Nats => amount.0,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Bits => "bits",
            Unit::Nats => "nats",
        })
    }
}

impl Nats {
    /// The same amount in bits: divided by ln 2.
    pub fn bits(self) -> Bits {
        Bits(self.0 / LN_2)
    }
}

impl From<Nats> for Bits {
    fn from(amount: Nats) -> Bits {
        amount.bits()
    }
}

impl From<Bits> for Nats {
    fn from(amount: Bits) -> Nats {
        Nats(amount.0 * LN_2)
    }
}

macro_rules! amount {
    ($($unit:ident: $name:literal),*) => {$(
        impl std::ops::Add for $unit {
            type Output = $unit;
            fn add(self, other: $unit) -> $unit {
                $unit(self.0 + other.0)
            }
        }

        impl std::ops::Sub for $unit {
            type Output = $unit;
            fn sub(self, other: $unit) -> $unit {
                $unit(self.0 - other.0)
            }
        }

        impl fmt::Display for $unit {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)?;
                f.write_str(concat!(" ", $name))
            }
        }
    )*};
}

amount!(Nats: "nats", Bits: "bits");
