module LmmFunctional.Tests.CovarianceInvarianceTests

open System
open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Properties
open Expecto

let private conventions = [
    Convention.sas
    Convention.sasLinear
    Convention.pbkrtest
    Convention.lmerTest
    Convention.mmrm
]

let private methods = [
    for convention in conventions do
        DegreesOfFreedomMethod.KenwardRoger convention
        DegreesOfFreedomMethod.Satterthwaite convention
]

/// Groups g with visits v in two arms; nothing balanced, all residual variances different and well above zero.
let private rowsOf groups seed =
    let random = Random(seed: int)

    let normal () =
        MathNet.Numerics.Distributions.Normal.Sample(random, 0.0, 1.0)

    [|
        for g in 1..groups do
            let own = normal ()

            for v in 1..3 do
                if random.NextDouble() < 0.9 then
                    let x = normal ()
                    let arm = if g % 2 = 0 then "a" else "b"
                    $"g{g}", $"v{v}", arm, x, own + 0.4 * x + (0.5 + 0.5 * float v) * normal ()
    |]

let private rows seed = rowsOf 40 seed

let private frameOf (visitName: string -> string) (order: int[]) rows =
    let taken = order |> Array.map (fun i -> Array.item i rows)

    TestFrame.ofColumns [
        "g", TestFrame.texts (taken |> Seq.map (fun (g, _, _, _, _) -> g))
        "v", TestFrame.texts (taken |> Seq.map (fun (_, v, _, _, _) -> visitName v))
        "arm", TestFrame.texts (taken |> Seq.map (fun (_, _, arm, _, _) -> arm))
        "x", TestFrame.numbers (taken |> Seq.map (fun (_, _, _, x, _) -> x))
        "y", TestFrame.numbers (taken |> Seq.map (fun (_, _, _, _, y) -> y))
    ]

/// Estimates, standard errors and df of coefficients by every method; none where the fit is at a bound or nearly flat:
/// structures meet it from different sides, and second derivatives have few digits there.
let private tested frame formula =
    let fit = Inferred.fit Criterion.Reml frame formula

    let isInside =
        fit.Certificate.Verdict = Verdict.Optimum
        && Option.forall (fun smallest -> smallest > 1e-3) fit.Certificate.MinEigenvalue

    if not isInside then
        None
    else
        Some [
            for method in methods do
                for own in Inferred.coefficients method fit do
                    $"{DegreesOfFreedomMethod.describe method}: {own.Name}", [ own.Estimate; own.StandardError; own.Df ]
        ]

let private agree tolerance what first second = [
    match first, second with
    | Some first, Some second ->
        for (name, expected), (_, found) in List.zip first second do
            yield! Law.relativeAll $"{what}: {name}" tolerance expected found
    | _ -> ()
]

// Two fits end where the gradient is rounding; df are second derivatives there.
let private asClose = 2e-5

let private models = [
    "y ~ arm + x; residual = ident(v)"
    "y ~ arm + x + (1 | g); residual = ident(v)"
    "y ~ arm + x; residual = csh(v | g)"
    "y ~ arm + x; residual = cs(v | g) * ident(arm)"
    "y ~ arm + x; residual = cs(v | g) per arm"
    "y ~ arm + x + diag(0 + v | g)"
]

let private permuted seed count =
    let random = Random(seed: int)
    let order = [| 0 .. count - 1 |]
    random.Shuffle order
    order

/// Second derivatives in factors depend on what the factors are of: mmrm's Kenward-Roger is left out.
let private ofAnyStructure =
    Option.map (List.filter (fun (name: string, _) -> not (name.StartsWith "Kenward-Roger (mmrm")))

let private same = [
    "y ~ arm + x; residual = ident(v)", "y ~ arm + x; residual = diag(v | g)"
    "y ~ arm + x; residual = csh(v | g)", "y ~ arm + x; residual = cs(v | g) * ident(v)"
    "y ~ arm + x + (1 | g)", "y ~ arm + x; residual = cs(v | g)"
    "y ~ arm + x + id(1 | g)", "y ~ arm + x + (1 | g)"
    "y ~ arm + x; residual = toep(v | g)", "y ~ arm + x; residual = toep(3)(v | g)"
]

[<Tests>]
let tests =
    testList "CovarianceInvarianceTests" [
        // What is written otherwise stays the same: names of levels, the order of the rows, and the covariance in another
        // structure change no standard error and no df.

        testPropertyWithConfig (Law.tries 6) "Names of levels and the order of rows change nothing" (fun (seed: int) ->
            let rows = rows (abs (seed % 100000))
            let inOrder = [| 0 .. rows.Length - 1 |]
            // The first level becomes the last one.
            let renamed (v: string) = if v = "v1" then "z" else v

            Law.holds [
                for formula in models do
                    let own = tested (frameOf id inOrder rows) formula
                    yield! agree asClose $"{formula}, renamed" own (tested (frameOf renamed inOrder rows) formula)
                    let order = permuted (seed + 1) rows.Length
                    yield! agree asClose $"{formula}, reordered" own (tested (frameOf id order rows) formula)
            ])

        testPropertyWithConfig
            (Law.tries 6)
            "The same covariance in another structure has the same standard errors and df"
            (fun (seed: int) ->
                let rows = rows (abs (seed % 100000))
                let frame = frameOf id [| 0 .. rows.Length - 1 |] rows

                Law.holds [
                    for first, second in same do
                        yield!
                            agree
                                asClose
                                $"{first} and {second}"
                                (ofAnyStructure (tested frame first))
                                (ofAnyStructure (tested frame second))
                ])

        testCase "A specific variance of zero is at its bound whatever its level is called" (fun () ->
            let model = {
                Seed = 185085
                Rows = 36
                Fixed = "0 + f"
                Random = ""
                Criterion = Criterion.Reml
                Size = 3.0
                HasWeights = false
                HasOffset = false
                IsBalanced = false
                Residual = "fa(1)(visit | id)"
                Held = []
            }

            let frame = RandomModel.frame model

            // What the first level leaves is no parameter of its own.
            let renamed =
                let texts =
                    match frame.TryColumn "visit" with
                    | Some(Column.Categorical(levels, codes)) ->
                        codes |> Seq.map (fun code -> if levels[code] = "v2" then "a" else levels[code])
                    | _ -> failtest "visits are levels"

                match Frame.withColumn "visit" (TestFrame.texts texts) frame with
                | Ok frame -> frame
                | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "\n")

            let fits =
                [ frame; renamed ]
                |> List.map (fun frame -> Inferred.fit Criterion.Reml frame (RandomModel.formula model))

            Check.equal
                [
                    Verdict.BoundaryOptimum [ "Residual.specific(v2)" ]
                    Verdict.BoundaryOptimum [ "Residual.specific(a)" ]
                ]
                (fits |> List.map _.Certificate.Verdict)

            Law.assertHolds [
                for fit in fits do
                    yield! Law.near "the lowest of several optima" 1e-7 233.50610641 fit.CriterionValue

                let estimates (fit: Fit) =
                    Inferred.inference (DegreesOfFreedomMethod.KenwardRoger Convention.pbkrtest) fit
                    |> Inference.coefficients 0.95

                for own, other in List.zip (estimates fits[0]) (estimates fits[1]) do
                    yield! Law.relative $"standard error of {own.Name}" 1e-6 own.StandardError other.StandardError
                    yield! Law.relative $"df of {own.Name}" 1e-5 own.Df other.Df
            ])

        // The variance of one visit is best at zero: at its bound, also where the other deviations are told in units of it.
        testCase "A residual variance of zero is at its bound whatever its level is called" (fun () ->
            let rows = rowsOf 14 20
            let order = [| 0 .. rows.Length - 1 |]

            let names = [
                id
                (fun v -> if v = "v1" then "z" else v)
                (fun v -> if v = "v3" then "a" else v)
            ]

            let fits = [
                for name in names ->
                    Inferred.fit Criterion.Reml (frameOf name order rows) "y ~ arm + x + (1 | g); residual = ident(v)"
            ]

            Check.equal
                [
                    Verdict.BoundaryOptimum [ "Residual.sigma" ]
                    Verdict.BoundaryOptimum [ "Residual.sd(z)" ]
                    Verdict.BoundaryOptimum [ "Residual.sd(v1)" ]
                ]
                (fits |> List.map _.Certificate.Verdict)

            Law.assertHolds [
                for fit in fits do
                    yield! Law.near "the criterion" 1e-7 131.59654243 fit.CriterionValue
                    yield! Law.atMost "iterations" 40.0 (float fit.Iterations.Length)

                    yield!
                        Law.isTrue "multipliers" (fit.Certificate.Multipliers |> List.forall (fun (_, m) -> m > 0.0))
            ])

        // Case 07: each species has its own mean and variance, so that all is known in closed form: sd/√50 on 49 df.
        testCase
            "Means with a variance of their own have its standard error and df, whatever the levels are called"
            (fun () ->
                let frame = TestFrame.read "cases/07-varident"

                let renamed =
                    match frame.TryColumn "Species", frame.TryColumn "Petal.Length" with
                    | Some(Column.Categorical(levels, codes)), Some lengths ->
                        let texts = codes |> Seq.map (fun code -> levels[code].Replace("setosa", "zsetosa"))
                        TestFrame.ofColumns [ "Petal.Length", lengths; "Species", TestFrame.texts texts ]
                    | _ -> invalidOp "the data have changed"

                let formula = "log10(Petal.Length) ~ 0 + Species; residual = ident(Species)"

                Law.assertHolds [
                    for frame in [ frame; renamed ] do
                        let fit = Inferred.fit Criterion.Reml frame formula

                        for method in
                            [
                                DegreesOfFreedomMethod.kenwardRoger
                                Inferred.kr Convention.sas
                                Inferred.kr Convention.mmrm
                            ] do
                            for own in Inferred.coefficients method fit do
                                let expected =
                                    if own.Name.EndsWith "setosa" then 0.00742176
                                    elif own.Name.EndsWith "versicolor" then 0.00710295
                                    else 0.00600570

                                yield! Law.near own.Name 6e-9 expected own.StandardError
                                yield! Law.near $"df of {own.Name}" 1e-5 49.0 own.Df
                ])
    ]
