/// <summary>Parameters whose best value is an end of their range, for every structure that has one.</summary>
module LmmFunctional.Tests.EndLawTests

open System
open MathNet.Numerics.LinearAlgebra
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Verification

let private orRaise result =
    match result with
    | Ok value -> value
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

/// −2 log likelihood at the estimates of a fit, by the dense formula.
let private denseCriterion (fit: Fit) =
    let model = (Setting.ofFit fit).Model
    let n = Marginal.rows model

    let v = (Marginal.timesV model (Matrix<float>.Build.DenseIdentity n)).Cholesky()

    let x =
        Matrix<float>.Build.Dense(n, fit.FixedCount, fun i j -> fit.Design.Fixed.Matrix[i, j])

    let y = Vector<float>.Build.DenseOfArray fit.Design.Response
    let information = (x.TransposeThisAndMultiply(v.Solve x)).Cholesky()
    let beta = information.Solve(x.TransposeThisAndMultiply(v.Solve y))
    let residual = y - x * beta

    let df, determinant =
        match fit.Criterion with
        | Criterion.Ml -> float n, 0.0
        | Criterion.Reml -> float (n - fit.FixedCount), information.DeterminantLn

    df * log (2.0 * Math.PI)
    + v.DeterminantLn
    + determinant
    + residual.DotProduct(v.Solve residual)

let private normal (random: Random) =
    sqrt (-2.0 * log (1.0 - random.NextDouble()))
    * cos (2.0 * Math.PI * random.NextDouble())

let private frameOf (rows: (int * int * float) list) =
    TestFrame.ofColumns [
        "id", TestFrame.texts (rows |> List.map (fun (id, _, _) -> $"s{id:D2}"))
        "t", TestFrame.numbers (rows |> List.map (fun (_, t, _) -> float t))
        "f", TestFrame.texts (rows |> List.map (fun (_, t, _) -> $"f{t}"))
        "y", TestFrame.numbers (rows |> List.map (fun (_, _, y) -> y))
    ]

/// Series of 20 subjects at 6 times, each value made of a shock and a part of the one before.
let private series weight (random: Random) =
    frameOf [
        for id in 1..20 do
            let shocks = Array.init 7 (fun _ -> normal random)

            for t in 1..6 -> id, t, shocks[t] + weight * shocks[t - 1]
    ]

/// Pairs of rows whose mean is an effect of the subject to the last digit, the same at all times.
let private pairs deviation (random: Random) =
    frameOf [
        for id in 1..15 do
            let effect = deviation * normal random

            for t in 1..4 do
                let error = normal random
                id, t, effect + error
                id, t, effect - error
    ]

let private negative = series -0.7

let private positive = series 0.9

let private shared = pairs 2.0

let private still = pairs 0.0

/// Data, formula, and how the name of what is at its end begins.
let private models = [
    for structure, name in
        [
            "car1(t | id)", "Phi"
            "sp_exp(t | id)", "range"
            "sp_gau(t | id)", "range"
            "sp_sph(t | id)", "range"
            "sp_ratio(t | id)", "range"
            "sp_mat(1.5)(t | id)", "range"
            "sp_pow(t | id)", "rho"
            "sp_exp(t | id) * ident(f)", "range"
        ] do
        negative, $"y ~ 1; residual = {structure}", $"Residual.{name}"

    for structure in [ "ar1(t | id)"; "car1(t | id)"; "sp_exp(t | id)" ] do
        positive, $"y ~ 1; residual = {structure} + nugget", "Residual.nugget"

    for structure in
        [
            "cs(0 + f"
            "csh(0 + f"
            "ar1(0 + t"
            "arh1(0 + t"
            "toep(0 + t"
            "ad1(0 + t"
            "car1(0 + t"
            "sp_exp(0 + t"
        ] do
        shared, $"y ~ 1 + {structure} | id)", "id "

    for structure in
        [
            "id(0 + f"
            "cs(0 + f"
            "ar1(0 + t"
            "toep(0 + t"
            "car1(0 + t"
            "sp_exp(0 + t"
            "diag(0 + f"
        ] do
        still, $"y ~ 1 + {structure} | id)", "id "
]

let private failures criterion seed =
    models
    |> List.indexed
    |> List.collect (fun (index, (data, formula, expected)) ->
        let options = {
            FitOptions.defaults with
                Criterion = criterion
        }

        let fit =
            Lmm.fitFormula options (data (Random(seed + 1000 * index))) formula |> orRaise

        let what = $"{formula}, seed {seed}"
        let steps = (List.last fit.Iterations).Number

        [
            match fit.Certificate.Verdict with
            | Verdict.BoundaryOptimum names ->
                yield!
                    Law.isTrue
                        $"{what}: %A{names}"
                        (names
                         |> List.exists (fun name -> name.StartsWith(expected, StringComparison.Ordinal)))
            | verdict -> $"{what}: %A{verdict}"

            yield! Law.atMost $"{what}: iterations" 30.0 (float steps)
            yield! Law.near $"{what}: criterion" 1e-8 (denseCriterion fit) fit.CriterionValue
        ])

[<Tests>]
let tests =
    testList "EndLawTests" [
        testPropertyWithConfig
            (Law.tries 3)
            "a parameter of any structure that ends at an end of its range is at a bound, in few steps, and the criterion is that of its estimates"
            (fun (seed: uint16) -> failures Criterion.Reml (int seed) |> Law.holds)

        testPropertyWithConfig (Law.tries 2) "the same by maximum likelihood" (fun (seed: uint16) ->
            failures Criterion.Ml (int seed) |> Law.holds)

        testPropertyWithConfig (Law.tries 10) "a nugget that the data want is inside its range" (fun (seed: uint16) ->
            let random = Random(int seed)

            let rows = [
                for id in 1..30 do
                    let mutable state = normal random

                    for t in 1..10 do
                        state <- 0.9 * state + sqrt 0.19 * normal random
                        id, t, state + normal random
            ]

            let fit =
                Lmm.fitFormula FitOptions.defaults (frameOf rows) "y ~ 1; residual = ar1(t | id) + nugget"
                |> orRaise

            Law.isTrue $"%A{fit.Certificate.Verdict}" (fit.Certificate.Verdict = Verdict.Optimum)
            |> Law.holds)
    ]
