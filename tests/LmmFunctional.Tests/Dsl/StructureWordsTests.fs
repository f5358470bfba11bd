/// <summary>The words for structures mean what formula text means.</summary>
module LmmFunctional.Tests.StructureWordsTests

open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Dsl

let private residuals: (ResidualTerm * string) list = [
    unstructured "visit" |> within "subject" |> perLevelOf "arm", "us(visit | subject) per arm"
    ar1 "week" |> within "subject", "ar1(week | subject)"
    inRowOrder ar1 |> within "Mare", "ar1(1 | Mare)"
    inRowOrder (arma 1 1) |> within "Mare", "arma(1,1)(1 | Mare)"
    inRowOrder ar1 |> within "Subject" |> withVariance (varPower "pressure"), "ar1(1 | Subject) * varpower(pressure)"
    spatialExponential [ "latitude"; "longitude" ] |> withNugget |> overAllRows, "sp_exp(latitude + longitude) + nugget"
    spatialExponential [ "Time" ] |> withNugget |> within "Cow", "sp_exp(Time | Cow) + nugget"
    kronecker [ ar1 "row"; ar1 "col" ] |> withNugget |> overAllRows, "kron(ar1(row), ar1(col)) + nugget"
    independent |> withVariance (varIdent "Sex"), "ident(Sex)"
    independent |> withVariance (varExp "t") |> withVariance varConstPowerOfFitted,
    "varexp(t) * varconstpower(fitted())"
    independent |> withVariance varPowerOfFitted, "varpower(fitted())"
    independent |> withVariance varExpOfFitted, "varexp(fitted())"
    independent |> withVariance (varConstPower "my dose"), "varconstpower(`my dose`)"
    toeplitz "week" |> withinInteraction [ "site"; "subject" ], "toep(week | site:subject)"
    identity "week" |> within "g", "id(week | g)"
    diagonal "week" |> within "g", "diag(week | g)"
    compoundSymmetry "week" |> within "g", "cs(week | g)"
    heterogeneousCompoundSymmetry "week" |> within "g", "csh(week | g)"
    arh1 "week" |> within "g", "arh1(week | g)"
    car1 "week" |> within "g", "car1(week | g)"
    bandedToeplitz 3 "week" |> within "g", "toep(3)(week | g)"
    heterogeneousToeplitz "week" |> within "g", "toeph(week | g)"
    bandedHeterogeneousToeplitz 2 "week" |> within "g", "toeph(2)(week | g)"
    anteDependence "week" |> within "g", "ad1(week | g)"
    huynhFeldt "week" |> within "g", "hf(week | g)"
    factorAnalytic 2 "week" |> within "g", "fa(2)(week | g)"
    reducedRank 1 "week" |> within "g", "fa0(1)(week | g)"
    spatialGaussian [ "x" ] |> overAllRows, "sp_gau(x)"
    spatialSpherical [ "x" ] |> overAllRows, "sp_sph(x)"
    spatialRationalQuadratic [ "x" ] |> overAllRows, "sp_ratio(x)"
    spatialMatern [ "x" ] |> overAllRows, "sp_mat(x)"
    spatialMaternOf 2.5 [ "x" ] |> overAllRows, "sp_mat(2.5)(x)"
    spatialPower [ "x"; "y" ] |> anisotropic |> overAllRows, "sp_powa(x + y)"
]

let private randomTerms: (RandomTerm * string) list = [
    col "visit" |> by "g" |> structured ar1, "ar1(0 + visit | g)"
    intercept + col "x"
    |> by "g"
    |> structured compoundSymmetry
    |> separatelyFor "arm",
    "cs(1 + x | g per arm)"
    intercept |> by "animal" |> relatedBy "A", "known(A | animal)"
    col "trait" |> by "animal" |> relatedBy "A", "kron(us(0 + trait), known(A) | animal)"
    [ unstructured "trait"; ar1 "visit" ] |> productBy "subject", "kron(us(0 + trait), ar1(0 + visit) | subject)"
    intercept |> by "g" |> uncorrelated |> separatelyFor "arm", "(1 || g per arm)"
]

[<Tests>]
let tests =
    testList "StructureWordsTests" [
        testCase "residuals are those of the text" (fun () ->
            for words, text in residuals do
                Check.equal (Ok words) (Formula.parseResidual text)

                Check.equal
                    (Formula.parse $"y ~ 1; residual = {text}")
                    (Ok(
                        lmm {
                            response "y"
                            fixed' intercept
                            residual words
                        }
                    )))

        testCase "random terms are those of the text" (fun () ->
            for words, text in randomTerms do
                Check.equal (Ok [ words ]) (Formula.parse $"y ~ {text}" |> Result.map _.Random))

        testCase "structures make a family of models" (fun () ->
            let trial =
                lmm {
                    response "fev1"
                    fixed' (intercept + factor "visit")
                }

            let family = [
                for structure in [ ar1; compoundSymmetry; toeplitz; unstructured ] do
                    trial
                    |> LmmSpec.withResidual (structure "visit" |> within "patient")
                    |> Formula.print
            ]

            family
            |> Texts.equal [
                "fev1 ~ 1 + factor(visit); residual = ar1(visit | patient)"
                "fev1 ~ 1 + factor(visit); residual = cs(visit | patient)"
                "fev1 ~ 1 + factor(visit); residual = toep(visit | patient)"
                "fev1 ~ 1 + factor(visit); residual = us(visit | patient)"
            ])

        testCase "mistakes in the program are exceptions" (fun () ->
            [
                Texts.ofMistake (fun () -> arma 0 0 "t")
                Texts.ofMistake (fun () -> factorAnalytic 0 "t")
                Texts.ofMistake (fun () -> spatialMaternOf 2.0 [ "x" ])
                Texts.ofMistake (fun () -> spatialGaussian [])
                Texts.ofMistake (fun () -> ar1 "t" |> anisotropic)
                Texts.ofMistake (fun () -> kronecker [ ar1 "t" ])
                Texts.ofMistake (fun () -> kronecker [ ar1 "t"; ar1 "u" |> withNugget ])
                Texts.ofMistake (fun () -> independent |> perLevelOf "arm")
                Texts.ofMistake (fun () -> ar1 "t" |> withinInteraction [])
            ]
            |> Texts.equal [
                "write arma(p,q) with whole numbers, not both zero"
                "write fa(q) with a whole number, 1 or more"
                "write sp_mat or sp_mat(nu), where nu is 0.5, 1.5 or 2.5"
                "Name at least one coordinate. (Parameter 'columns')"
                "'ar1' has no anisotropic form; only spatial structures have one."
                "A Kronecker product has two parts or more. (Parameter 'parts')"
                "A nugget belongs to the whole product, not to a part. (Parameter 'parts')"
                "Independent residuals have one variance; write independent |> withVariance (varIdent \"group\")."
                "Name at least one factor. (Parameter 'subjects')"
            ])
    ]
