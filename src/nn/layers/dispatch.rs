//! The macro that makes an enum of all descriptions and one of all built layers from the list of layers.

/// Defines `LayerSpec` and `BuiltLayer`, with one variant per layer of the list, and two macros:
/// `each_description!(spec, layer => expression)` and `each_built!(built, layer => expression)` evaluate
/// the expression with `layer` bound to the layer of whichever variant it is.
///
/// A residual block is not in the list, because it has the enum itself as a parameter.
///
/// The list begins with `($)`, which stands for the `$` of those macros.
macro_rules! layers {
    (($d:tt) $($module:ident::$name:ident,)+) => {
        $(pub use $module::$name;)+

        /// One layer of a network's description: its type and its settings, with PyTorch's names.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        pub enum LayerSpec {
            $(
                #[doc = concat!("The layer [`", stringify!($name), "`].")]
                $name($name),
            )+
            /// The block [`Residual`], whose layers are of this type again.
            Residual(Residual<LayerSpec>),
        }

        /// A layer that is built from a [`LayerSpec`].
        #[derive(Debug, Clone)]
        pub(in crate::nn) enum BuiltLayer {
            $($name(<$name as LayerDescription>::Built),)+
            /// A layer that other layers compute: an activation function that the layer before it applies, or a residual
            /// block.
            Fused(Identity),
        }

        $(
            impl From<$name> for LayerSpec {
                fn from(layer: $name) -> Self {
                    LayerSpec::$name(layer)
                }
            }
        )+

        impl LayerSpec {
            pub(in crate::nn) fn build(
                &self,
                input: &SampleShape,
                init: Initializer,
                rng: &mut impl Rng,
            ) -> Result<BuiltLayer> {
                Ok(match self {
                    $(LayerSpec::$name(layer) => {
                        BuiltLayer::$name(layer.build(input, init, rng)?)
                    })+
                    LayerSpec::Residual(block) => BuiltLayer::Fused(block.build(input, init, rng)?),
                })
            }
        }

        impl BuiltLayer {
            /// The layer of an activation function that the layer before it computes.
            pub(in crate::nn) fn fused() -> Self {
                BuiltLayer::Fused(Identity)
            }
        }

        macro_rules! each_description {
            ($d spec:expr, $d layer:ident => $d result:expr) => {
                match $d spec {
                    $(LayerSpec::$name($d layer) => $d result,)+
                    LayerSpec::Residual($d layer) => $d result,
                }
            };
        }

        macro_rules! each_built {
            ($d built:expr, $d layer:ident => $d result:expr) => {
                match $d built {
                    $(BuiltLayer::$name($d layer) => $d result,)+
                    BuiltLayer::Fused($d layer) => $d result,
                }
            };
        }
    };
}
