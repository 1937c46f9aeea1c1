//! Linear algebra that the methods share: eigenvectors of symmetric matrices, orthonormal bases, and angles between
//! subspaces.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::error::{Error, Result};

/// Largest number of iterations of an eigen-decomposition, which takes about two per eigenvalue.
const MAXIMUM_ITERATIONS: usize = 100_000;
/// A vector whose norm falls below this fraction in orthogonalisation depends linearly on the others.
const DEPENDENT: f64 = 1e-9;

/// Eigenvalues in descending order, with unit eigenvectors as the columns of a matrix.
#[derive(Debug, Clone)]
pub(super) struct Eigen {
    pub values: Vec<f64>,
    pub vectors: DMatrix<f64>,
}

/// Computes all eigenvectors of a symmetric matrix, of which the lower triangle is read. The entry of an eigenvector
/// with the largest absolute value is positive.
///
/// A matrix with tiny eigenvalues is decomposed as M + cI, with c as large as the entries of M, because the iteration
/// may not converge otherwise.
///
/// # Errors
/// [`Error::Usage`] for entries that are not finite.
pub(super) fn symmetric_eigen(mut matrix: DMatrix<f64>) -> Result<Eigen> {
    let c = matrix.amax();
    let is_finite = matrix.iter().all(|v| v.is_finite());
    if is_finite && c == 0.0 {
        let n = matrix.nrows();
        return Ok(Eigen {
            values: vec![0.0; n],
            vectors: DMatrix::identity(n, n),
        });
    }
    for i in 0..matrix.nrows() {
        matrix[(i, i)] += c;
    }
    let decomposition = if is_finite {
        SymmetricEigen::try_new(matrix, f64::EPSILON, MAXIMUM_ITERATIONS)
    } else {
        None
    };
    let decomposition = decomposition.ok_or_else(|| {
        Error::Usage(
            "a symmetric matrix has no eigen-decomposition in double precision; check whether the weights or the \
             activations are extremely large or not finite"
                .into(),
        )
    })?;
    let found = decomposition.eigenvalues;
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|&a, &b| found[b].total_cmp(&found[a]));
    let mut vectors = decomposition.eigenvectors.select_columns(&order);
    fix_signs(&mut vectors);
    Ok(Eigen {
        values: order.iter().map(|&i| found[i] - c).collect(),
        vectors,
    })
}

/// Makes the entry with the largest absolute value positive in each column. Of entries that are equal up to rounding,
/// the first counts.
pub(super) fn fix_signs(vectors: &mut DMatrix<f64>) {
    for mut column in vectors.column_iter_mut() {
        let largest = column.amax() * (1.0 - 1e-6);
        if column
            .iter()
            .find(|v| v.abs() >= largest)
            .is_some_and(|v| *v < 0.0)
        {
            column.neg_mut();
        }
    }
}

/// Makes a matrix whose columns are these vectors, which must have `rows` entries each.
pub(super) fn columns<'a>(
    vectors: impl Iterator<Item = &'a Vec<f64>>,
    rows: usize,
) -> DMatrix<f64> {
    let values: Vec<f64> = vectors.flatten().copied().collect();
    DMatrix::from_vec(rows, values.len() / rows.max(1), values)
}

/// Computes an orthonormal basis of the span of the columns, by Gram–Schmidt. A column that depends linearly on those
/// before it is left out, so the basis has as many columns as the rank.
pub(super) fn orthonormal_basis(vectors: &DMatrix<f64>) -> DMatrix<f64> {
    orthonormal_extension(&DMatrix::zeros(vectors.nrows(), 0), vectors)
}

/// Computes an orthonormal basis of what the columns of `vectors` add to the span of `basis`, whose columns are
/// orthonormal.
pub(super) fn orthonormal_extension(basis: &DMatrix<f64>, vectors: &DMatrix<f64>) -> DMatrix<f64> {
    let mut new = DMatrix::zeros(vectors.nrows(), vectors.ncols());
    let mut count = 0;
    for vector in vectors.column_iter() {
        let length = vector.norm();
        if !(length > 0.0 && length.is_finite()) {
            continue;
        }
        let mut v = vector / length;
        // Once is not accurate enough in floating point.
        for _ in 0..2 {
            v -= basis * basis.tr_mul(&v);
            let others = new.columns(0, count);
            v -= others * others.tr_mul(&v);
        }
        let rest = v.norm();
        if rest > DEPENDENT && count < vectors.nrows() - basis.ncols() {
            new.set_column(count, &(v / rest));
            count += 1;
        }
    }
    new.columns(0, count).into_owned()
}

/// Computes v − QQᵀv, the part of v that is orthogonal to all columns of an orthonormal Q.
pub(super) fn project_out(v: &[f64], q: &DMatrix<f64>) -> Vec<f64> {
    let mut rest = DMatrix::from_column_slice(v.len(), 1, v);
    for _ in 0..2 {
        rest -= q * q.tr_mul(&rest);
    }
    rest.as_slice().to_vec()
}

/// Computes the principal angles between the spans of two orthonormal bases, in radians and in ascending order
/// (Björck & Golub 1973). There are as many as the smaller basis has columns.
///
/// The cosines are the singular values of PᵀQ, the sines those of Q − PPᵀQ. Both are computed, because the arc cosine
/// is inaccurate for small angles and the arc sine for angles near 90°.
pub(super) fn principal_angles(p: &DMatrix<f64>, q: &DMatrix<f64>) -> Result<Vec<f64>> {
    let (p, q) = if p.ncols() < q.ncols() {
        (q, p)
    } else {
        (p, q)
    };
    let products = p.tr_mul(q);
    let rest = q - p * &products;
    let roots = |m: &DMatrix<f64>| -> Result<Vec<f64>> {
        let eigen = symmetric_eigen(m.tr_mul(m))?;
        Ok(eigen.values.iter().map(|v| v.max(0.0).sqrt()).collect())
    };
    let (cosines, sines) = (roots(&products)?, roots(&rest)?);
    let pairs = cosines.iter().zip(sines.iter().rev());
    Ok(pairs.map(|(cosine, sine)| sine.atan2(*cosine)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, standard_normal};

    fn random(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
        let noise = standard_normal(seed, Stream::RandomDirection, 0, rows * columns);
        DMatrix::from_iterator(rows, columns, noise.into_iter().map(f64::from))
    }

    #[test]
    fn eigenvectors_are_sorted_and_have_a_fixed_sign() {
        // Eigenvalues 1, 3 and 5 with the eigenvectors (1, −1)/√2, (1, 1)/√2 and the third axis.
        let m = DMatrix::from_row_slice(3, 3, &[2.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 5.0]);
        let found = symmetric_eigen(m).unwrap();
        let half = 0.5f64.sqrt();
        for ((value, vector), (expected, axis)) in
            (found.values.iter()).zip(found.vectors.column_iter()).zip([
                (5.0, [0.0, 0.0, 1.0]),
                (3.0, [half, half, 0.0]),
                (1.0, [half, -half, 0.0]),
            ])
        {
            assert!((value - expected).abs() < 1e-12, "{value}");
            for (v, expected) in vector.iter().zip(axis) {
                assert!((v - expected).abs() < 1e-12, "{vector}");
            }
        }
    }

    #[test]
    fn a_nearly_singular_matrix_is_decomposed() {
        let q = orthonormal_basis(&random(30, 30, 1));
        let values = nalgebra::DVector::from_fn(30, |i, _| 10f64.powi(-(i as i32)));
        let m = &q * DMatrix::from_diagonal(&values) * q.transpose();
        let found = symmetric_eigen(m.clone()).unwrap();
        for (value, expected) in found.values.iter().zip(values.iter()) {
            assert!((value - expected).abs() < 1e-14, "{value} {expected}");
        }
        let rebuilt = DMatrix::from_diagonal(&found.values.into());
        let rebuilt = &found.vectors * rebuilt * found.vectors.transpose();
        assert!((rebuilt - m).amax() < 1e-14);
    }

    #[test]
    fn zero_and_broken_matrices_are_handled() {
        let found = symmetric_eigen(DMatrix::zeros(3, 3)).unwrap();
        assert_eq!(found.values, [0.0; 3]);
        assert_eq!(found.vectors, DMatrix::identity(3, 3));
        for broken in [f64::NAN, f64::INFINITY] {
            assert!(symmetric_eigen(DMatrix::from_element(2, 2, broken)).is_err());
        }
        assert!(
            symmetric_eigen(DMatrix::zeros(0, 0))
                .unwrap()
                .values
                .is_empty()
        );
    }

    #[test]
    fn a_basis_has_the_rank_of_the_vectors() {
        let two = random(6, 2, 2);
        let sum = two.column(0) * 3.0 - two.column(1);
        let with_sum = DMatrix::from_columns(&[two.column(0).into(), sum, two.column(1).into()]);
        for (vectors, rank) in [
            (two.clone(), 2),
            (with_sum, 2),
            (DMatrix::zeros(6, 2), 0),
            (random(6, 9, 3), 6),
        ] {
            let q = orthonormal_basis(&vectors);
            assert_eq!(q.ncols(), rank);
            assert!((q.tr_mul(&q) - DMatrix::identity(rank, rank)).amax() < 1e-14 || rank == 0);
            // The basis spans the vectors: nothing of them remains.
            for vector in vectors.column_iter() {
                let rest = project_out(vector.as_slice(), &q);
                assert!(rest.iter().all(|v| v.abs() < 1e-12), "{rest:?}");
            }
        }
    }

    #[test]
    fn angles_between_spans_of_different_dimensions_are_those_of_the_smaller() {
        // A line that is 30° from a plane.
        let line = DMatrix::from_row_slice(3, 1, &[0.75f64.sqrt(), 0.0, 0.5]);
        let plane = DMatrix::identity(3, 2);
        for angles in [
            principal_angles(&line, &plane),
            principal_angles(&plane, &line),
        ] {
            let angles = angles.unwrap();
            assert!(angles.len() == 1 && (angles[0].to_degrees() - 30.0).abs() < 1e-9);
        }
        assert!(
            principal_angles(&DMatrix::zeros(3, 0), &plane)
                .unwrap()
                .is_empty()
        );
    }
}
