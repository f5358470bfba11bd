/// <summary>Influence by fits without a unit: against fits of the data without it, and lme4's numbers.</summary>
module LmmFunctional.Tests.InfluenceTests

open System.Threading
open Expecto
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Properties

let private orRaise result = Models.value result

let private table how units fit =
    Influence.create
        {
            InfluenceOptions.defaults with
                How = how
                Units = units
        }
        fit
    |> orRaise

let private without how (fit: Fit) rows =
    RefittedInfluence.without CancellationToken.None how fit rows

let private dense (m: Matrix) =
    Matrix<float>.Build.DenseOfColumnMajor(m.Rows, m.Columns, m.Values)

/// The estimates of a fit as one list of numbers, each with its scale.
let private numbers (fit: Fit) =
    let coefficients =
        fit.Coefficients
        |> List.map (fun coefficient -> coefficient.Name, coefficient.Estimate, coefficient.StandardError)

    let deviations =
        fit.VarianceComponents
        |> List.filter _.Second.IsNone
        |> List.map (fun part -> $"{part.Group} {part.First}", part.StandardDeviation, fit.Sigma)

    coefficients @ deviations

/// A refit of the data without some rows equals the exact deletion; so do the measures made from both.
let private equalsRefit (model: RandomModel) =
    let frame = RandomModel.frame model
    let fit = RandomModel.fit model
    let rows = [| 2; 7; 8 |]

    let left =
        Frame.filter (fun row -> not (Array.contains row (rows |> Array.map (fun own -> fit.Design.Rows[own])))) frame
        |> orRaise

    let anew =
        Lmm.fit
            {
                RandomModel.options model with
                    Known = RandomModel.known model
            }
            left
            (RandomModel.spec model)

    // Steps from row to row: new data close the gap that a deletion leaves open.
    let isByOrder = model.Residual.Contains "(1 |"

    // On the way to no residual variance the criterion hardly changes any more.
    let isDetermined (own: Fit) = own.Inner.ResidualShare > 1e-4

    match anew, without InfluenceMethod.Exact fit rows with
    | Ok anew, Ok found when
        not isByOrder
        && isDetermined anew
        && isDetermined found
        && fit.Certificate.Verdict = Verdict.Optimum
        && anew.Certificate.Verdict = Verdict.Optimum
        && Seq.forall2 (=) anew.Design.Fixed.Names found.Design.Fixed.Names
        ->
        let expected, actual = numbers anew, numbers found

        Law.near "criterion" 1e-6 anew.CriterionValue found.CriterionValue
        @ (List.zip expected actual
           |> List.collect (fun ((name, value, scale), (_, other, _)) -> Law.near name (1e-4 * scale) value other))
    | _ -> []
    |> List.map (fun failure -> $"{RandomModel.formula model}: {failure}")
    |> Law.holds

/// One scoring step goes down from the fit, and not below the optimum without the unit.
let private isBetween (model: RandomModel) =
    let fit = RandomModel.fit model
    let rows = [| 1; 4 |]

    match without InfluenceMethod.OneStep fit rows, without InfluenceMethod.Exact fit rows with
    | Ok step, Ok optimum when
        optimum.Certificate.IsConverged
        && not optimum.HasNoResidual
        && not fit.HasNoResidual
        ->
        let first = List.head step.Path
        let own = (List.last step.Path).Criterion

        let atFit =
            (step.Model.Function.Evaluate step.Model.Function.Start Order.Value).Value

        let allowed = 1e-7 * (1.0 + abs own)

        Law.isTrue "a step" (first.Number <= 1)
        @ Law.atMost "one step beside the fit" (atFit + allowed) own
        @ Law.atMost "the optimum beside one step" (own + allowed) optimum.CriterionValue
    | _ -> []
    |> List.map (fun failure -> $"{RandomModel.formula model}: {failure}")
    |> Law.holds

/// The measures from the two fits by their definitions; the displacement from a fit whose variances are held.
let private areDefined (model: RandomModel) =
    let model = { model with Held = [] }
    let fit = RandomModel.fit model
    let rows = [| 5 |]

    let unit = {
        Name = "5"
        Rows = System.Collections.Immutable.ImmutableArray.CreateRange rows
    }

    let table =
        RefittedInfluence.table InfluenceMethod.Exact None CancellationToken.None fit [| unit |]

    match without InfluenceMethod.Exact fit rows, table.Units with
    | Ok found, [ measured ] when found.Certificate.Verdict = Verdict.Optimum ->
        let p = float fit.FixedCount
        let m, left = dense fit.CoefficientCovariance, dense found.CoefficientCovariance

        let change =
            Vector<float>.Build.DenseOfArray(Array.map2 (-) fit.Inner.Beta found.Inner.Beta)

        let cook = change * m.Solve change / p
        let trace = (m.Solve left).Trace()

        let held =
            Map.ofList [
                for part in found.VarianceComponents do
                    let names = Option.toList part.First @ Option.toList part.Second
                    String.concat "." (part.Group :: names), part.Covariance
            ]

        let distance =
            Lmm.fit
                {
                    RandomModel.options model with
                        Held = held
                }
                (RandomModel.frame model)
                (RandomModel.spec model)
            |> Result.map (fun atFound ->
                let move =
                    Vector<float>.Build.DenseOfArray(Array.map2 (-) found.Inner.Beta atFound.Inner.Beta)

                atFound.CriterionValue - fit.CriterionValue
                + move * (dense atFound.CoefficientCovariance).Solve move)

        [
            yield! Law.near "D" (1e-6 * (1e-3 + cook)) cook measured.CookD
            yield! Law.relative "MDFFITS" 1e-6 (change * left.Solve change / p) measured.Mdffits
            yield! Law.near "COVTRACE" (1e-6 * trace) (abs (trace - p)) measured.CovTrace
            yield! Law.relative "COVRATIO" 1e-6 (left.Determinant() / m.Determinant()) measured.CovRatio

            match distance with
            | Ok distance ->
                yield! Law.near "displacement" (1e-5 * (1.0 + abs distance)) distance measured.LikelihoodDistance
            | Error _ -> ()
        ]
    | _ -> []
    |> List.map (fun failure -> $"{RandomModel.formula model}: {failure}")
    |> Law.holds

let private sleepstudy =
    lazy (Models.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)")

let private small = {
    Law.tries 40 with
        arbitrary = [ typeof<SmallModels> ]
}

let private structured = {
    Law.tries 40 with
        arbitrary = [ typeof<StructuredSmallModels> ]
}

[<Tests>]
let tests =
    testList "InfluenceTests" [
        testPropertyWithConfig small "Exact deletion is a fit of the data without the rows" equalsRefit
        testPropertyWithConfig structured "Exact deletion of structured models is a fit without the rows" equalsRefit
        testPropertyWithConfig small "One step lies between the fit and the fit without the rows" isBetween
        testPropertyWithConfig structured "One step of structured models lies between the fits" isBetween
        testPropertyWithConfig small "Measures are those of their definitions" areDefined

        // lme4 1.1: lmer on the data without a subject, measures from fixef and vcov by SAS's definitions.
        testCase "sleepstudy without a subject has lme4's numbers" (fun () ->
            let found =
                table InfluenceMethod.Exact (DiagnosticUnits.Levels "Subject") sleepstudy.Value

            let of' name =
                found.Units |> List.find (fun own -> own.Unit.Name = name)

            Check.equal 18 found.Units.Length
            Check.isEmpty found.Impossible

            // D, MDFFITS, COVTRACE, COVRATIO, and β̂ without the subject.
            let expected = [
                "308", [ 0.092416956; 0.100775873; 0.042010240; 1.031645698 ], Some [ 251.8293658; 9.80273205 ]
                "309", [ 0.148523398; 0.187813517; 0.084151095; 0.889689507 ], Some [ 254.1315848; 10.94996246 ]
                "337", [ 0.125996280; 0.149724254; 0.033532980; 0.946666033 ], None
            ]

            let fit = sleepstudy.Value

            for name, measures, beta in expected do
                let own = of' name
                let actual = [ own.CookD; own.Mdffits; own.CovTrace; own.CovRatio ]
                // lme4 leaves its optimum at 1e-5 of θ.
                Law.assertHolds (Law.nearAll name 2e-4 measures actual)

                beta
                |> Option.iter (fun beta ->
                    let without = Seq.map2 (+) fit.Inner.Beta own.FixedChanges
                    Law.assertHolds (Law.nearAll name 1e-5 beta without)))

        testSequenced
        <| testCase "Refits have the same bits with one thread and with two" (fun () ->
            let run threads =
                let before = Tiles.Threads

                try
                    Tiles.Threads <- threads

                    (table InfluenceMethod.Exact (DiagnosticUnits.Levels "Subject") sleepstudy.Value).Units
                    |> List.map (fun own -> own.CookD, own.CovRatio, own.LikelihoodDistance, own.VarianceChanges)
                finally
                    Tiles.Threads <- before

            Check.equal (run 1) (run 2))

        testCase "With θ fixed a row's DFFITS is that of the formula" (fun () ->
            let fit = sleepstudy.Value
            let found = table InfluenceMethod.Fixed DiagnosticUnits.Rows fit
            let m = dense fit.CoefficientCovariance

            for index, own in List.indexed found.Units do
                let x = Vector<float>.Build.Dense(2, fun j -> fit.Design.Fixed.Matrix[index, j])
                let change = -(Vector<float>.Build.DenseOfEnumerable own.FixedChanges)
                let expected = x * change / sqrt (x * (m * x))
                Law.assertHolds (Law.near own.Unit.Name 1e-9 expected (defaultArg own.Dffits nan)))

        testCase "A unit without which X loses rank has no measures, and says so" (fun () ->
            let frame =
                TestFrame.ofColumns [
                    "y", TestFrame.numbers [ 1.0; 3.0; 2.0; 5.0; 4.0; 7.0; 3.5; 6.0 ]
                    "x", TestFrame.numbers [ 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 1.0 ]
                    "g", TestFrame.texts [ "a"; "a"; "b"; "b"; "c"; "c"; "d"; "d" ]
                ]

            let fit = Lmm.fitFormula FitOptions.defaults frame "y ~ x + (1 | g)" |> orRaise

            for how in [ InfluenceMethod.Fixed; InfluenceMethod.OneStep; InfluenceMethod.Exact ] do
                let found = table how (DiagnosticUnits.Levels "g") fit

                Check.equal [ "d", "the other rows do not determine all fixed effects" ] [
                    for unit, reason in found.Impossible -> unit.Name, reason
                ])

        testCase "Names of methods go both ways, and others are refused" (fun () ->
            for name in InfluenceMethod.names do
                Check.equal name (InfluenceMethod.ofName name |> orRaise |> InfluenceMethod.name)

            Check.equal 1 (InfluenceMethod.ofName "jackknife" |> Models.words |> List.length))

        testCase "Influence as a frame has the columns of JSON" (fun () ->
            let units = DiagnosticUnits.Levels "Subject"

            let frame =
                table InfluenceMethod.Exact units sleepstudy.Value
                |> DiagnosticFrames.influence units

            Check.equal
                [
                    "unit"
                    "rows"
                    "cookD"
                    "mdffits"
                    "covtrace"
                    "covratio"
                    "likelihoodDistance"
                    "relative change of Subject (Intercept)"
                    "relative change of Subject Days"
                    "relative change of Residual"
                ]
                (Frame.names frame))
    ]
