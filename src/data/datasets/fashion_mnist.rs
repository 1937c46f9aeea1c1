//! `fashion-mnist`: pieces of clothing (Xiao, Rasul & Vollgraf 2017), in files like MNIST's.

use super::mnist;
use crate::data::kind::DatasetKind;
use crate::data::mirror::{Digest, Mirror};

pub(super) const KIND: DatasetKind = mnist::kind("fashion-mnist", mirror);

fn mirror() -> Mirror {
    // As in the README of Fashion-MNIST.
    let digests = [
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ];
    mnist::mirror_of(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        digests.map(|digest| Digest::Md5OfFile(digest.into())),
    )
}
