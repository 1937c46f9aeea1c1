//! Compares the tangents of the operations with the same tangents composed of dfdx's operations, which are
//! used with the feature `cuda`. `network_tests` compares tangents with plain f64 loops.

use dfdx::tensor_ops::SumTo;
use ganscope::Result;
use ganscope::random::{Stream, standard_normal};
use ganscope::tensor::activation::Activation;
use ganscope::tensor::{Batch, Gradients, Needs, Parameter, Recording, Tensor, composed, tangent};

fn numbers(stream: u64, n: usize) -> Vec<f32> {
    standard_normal(stream, Stream::Data, 0, n)
}

fn batch(stream: u64, rows: usize, columns: usize) -> Batch {
    Batch::new(numbers(stream, rows * columns), rows, columns).unwrap()
}

#[track_caller]
fn close(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(1.0f32, |a, b| a.max(b.abs()));
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let error = (a - b).abs() / scale;
        assert!(error < 3e-6, "{what}[{i}]: {a} against {b}");
    }
}

/// ẏ and its gradients with respect to x, ẋ and γ, where x stands for y in the tangent of an activation.
struct TangentAndGradients {
    dy: Vec<f32>,
    on_x: Vec<f32>,
    on_dx: Vec<f32>,
    on_gamma: Vec<f32>,
}

/// Differentiates the loss Σ ẏ², in which every output has a different weight.
fn squared(dy: Tensor<Recording>) -> Gradients {
    Gradients::of(dy.square().sum::<(), _>().into()).unwrap()
}

type Ours<'a> = &'a dyn Fn(&Batch, Batch<Recording>, &Parameter) -> Result<Batch<Recording>>;
type Theirs<'a> = &'a dyn Fn(Tensor, Tensor<Recording>, Tensor) -> Result<Tensor<Recording>>;

fn ours(x: &Batch, dx: &Batch, gamma: &[f32], f: Ours<'_>) -> TangentAndGradients {
    let gamma = Parameter::new(gamma.to_vec(), &[gamma.len()]).unwrap();
    let dy = f(x, dx.clone().record(), &gamma).unwrap();
    let values = dy.values().to_vec();
    let mut gradients = squared(dy.into_tensor().unwrap());
    TangentAndGradients {
        dy: values,
        on_x: gradients.take_input(x).unwrap(),
        on_dx: gradients.take_input(dx).unwrap(),
        on_gamma: gradients.take(&gamma).unwrap(),
    }
}

fn theirs(x: &Batch, dx: &Batch, gamma: &[f32], f: Theirs<'_>) -> TangentAndGradients {
    let tensor = |batch: &Batch| batch.clone().into_tensor().unwrap();
    let gamma = Batch::new(gamma.to_vec(), gamma.len(), 1).unwrap();
    let (x, gamma) = (tensor(x), tensor(&gamma));
    let dx_tensor = dx.clone().record().into_tensor().unwrap();
    let dy = f(x.clone(), dx_tensor, gamma.clone()).unwrap();
    let values = dy.as_vec();
    let mut gradients = squared(dy);
    TangentAndGradients {
        dy: values,
        on_x: gradients.take_tensor(&x).unwrap(),
        on_dx: gradients.take_input(dx).unwrap(),
        on_gamma: gradients.take_tensor(&gamma).unwrap(),
    }
}

#[track_caller]
fn assert_same(what: &str, (x, dx): (&Batch, &Batch), gamma: &[f32], f: Ours<'_>, g: Theirs<'_>) {
    let (a, b) = (ours(x, dx, gamma, f), theirs(x, dx, gamma, g));
    close(&format!("ẏ of {what}"), &a.dy, &b.dy);
    close(&format!("∇x of {what}"), &a.on_x, &b.on_x);
    close(&format!("∇ẋ of {what}"), &a.on_dx, &b.on_dx);
    close(&format!("∇γ of {what}"), &a.on_gamma, &b.on_gamma);
    assert!(b.on_dx.iter().any(|g| g.abs() > 0.1), "{what}");
}

#[test]
fn tangents_of_activations_agree_with_dfdx() {
    for activation in [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.2 },
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Softplus,
        Activation::Elu { alpha: 1.3 },
    ] {
        let mut y = numbers(1, 24);
        activation.apply(&mut y);
        let (y, da) = (Batch::new(y, 4, 6).unwrap(), batch(2, 4, 6));
        assert_same(
            &format!("{activation:?}"),
            (&y, &da),
            &[1.0], // not used
            &|y, da, _| tangent::activate(y, da, activation),
            &|y, da, _| composed::tangent::activate(y, da, activation),
        );
    }
}

#[test]
fn tangents_of_norms_agree_with_dfdx() {
    // A plane of one number, and planes whose size is and is not a multiple of the number of partial sums.
    for (n, channels, plane) in [(6, 3, 1), (4, 2, 8), (3, 5, 7)] {
        let features = channels * plane;
        let (x, dx) = (batch(3, n, features), batch(4, n, features));
        assert_same(
            "batch norm",
            (&x, &dx),
            &numbers(5, channels),
            &|x, dx, gamma| tangent::batch_norm(x, dx, gamma, 1e-2, None, Needs::ALL),
            &|x, dx, gamma| composed::tangent::batch_norm(x.retaped(), dx, gamma, 1e-2),
        );
        assert_same(
            "layer norm",
            (&x, &dx),
            &numbers(6, features),
            &|x, dx, gamma| tangent::layer_norm(x, dx, gamma, 1e-2, Needs::ALL),
            &|x, dx, gamma| composed::tangent::layer_norm(x.retaped(), dx, gamma, 1e-2),
        );
    }
}

/// The tangent of max(x₁, x₂) is that of the larger number; where both are equal it is the sum of both
/// tangents, because the gradient goes to both numbers.
#[test]
fn the_tangent_of_maxout_equals_a_computation_by_hand() {
    let x = Batch::new(vec![1.0, 5.0, -2.0, -3.0, 0.0, 0.0], 1, 6).unwrap();
    let dx = Batch::new(vec![10.0, 20.0, 30.0, 40.0, 50.0, 60.0], 1, 6).unwrap();
    let dy = tangent::maxout(&x, dx.clone().record(), 2).unwrap();
    assert_eq!(*dy.values(), [20.0, 30.0, 110.0]);
    let mut gradients = Gradients::of(dy.into_tensor().unwrap().sum::<(), _>().into()).unwrap();
    let on_dx = gradients.take_input(&dx).unwrap();
    assert_eq!(on_dx, [0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
}

/// The results are equal bit for bit, because each group is one task and each sum has a fixed order.
#[cfg(not(feature = "cuda"))]
#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (x, dx) = (batch(7, 37, 96), batch(8, 37, 96));
    let run = || {
        let f = |gamma: Vec<f32>, f: Ours<'_>| {
            let found = ours(&x, &dx, &gamma, f);
            (found.dy, found.on_x, found.on_dx, found.on_gamma)
        };
        let by_batch = f(numbers(9, 6), &|x, dx, gamma| {
            tangent::batch_norm(x, dx, gamma, 1e-5, None, Needs::ALL)
        });
        let by_layer = f(numbers(10, 96), &|x, dx, gamma| {
            tangent::layer_norm(x, dx, gamma, 1e-5, Needs::ALL)
        });
        (by_batch, by_layer)
    };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(run)
    };
    let one = with(1);
    for threads in [2, 3, 7] {
        assert!(one == with(threads), "{threads} threads differ from one");
    }
}
