/// <summary>One model fitted to many responses: what is shared changes no bit.</summary>
module LmmFunctional.Tests.FitManyTests

open Expecto
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Properties

let private withThreads threads work =
    let before = Tiles.Threads

    try
        Tiles.Threads <- threads
        work ()
    finally
        Tiles.Threads <- before

let private optionsOf fit = {
    FitManyOptions.defaults with
        Fit = fit
        DegreesOfFreedom = DegreesOfFreedomMethod.Residual
}

/// Responses like the one of a frame: itself, with noise, on another scale, and with missing values.
let private responsesOf (frame: Frame) : (string * float[]) list =
    let own =
        match frame.TryColumn "y" with
        | Some(Column.Numeric values) -> Seq.toArray values
        | _ -> invalidOp "The response is not numeric."

    let stream = RandomStream(11UL, 0)
    let noise = own |> Array.map (fun _ -> stream.NextNormal())

    [
        "own", own
        "noisy", Array.map2 (+) own noise
        "scaled", Array.map2 (fun y e -> 1e3 + 50.0 * y + 20.0 * e) own noise
        "missing", Array.mapi2 (fun row y e -> if row % 9 = 4 then nan else y - e) own noise
        "noise", noise
    ]

/// The numbers of a result, or the words of its problems.
let private told (estimates: Result<ResponseEstimates, LmmError list>) =
    match estimates with
    | Error problems -> problems |> List.map LmmError.describe
    | Ok own ->
        [
            $"{own.Observations} rows, {own.LogLikelihood:R}, {own.Certificate} {own.Certificate.Search}"
        ]
        @ (own.Coefficients |> List.map (sprintf "%A"))
        @ (own.VarianceComponents
           |> List.map (fun part -> $"{part.Group} {part.Covariance:R} {part.StandardDeviation:R}"))
        @ (own.CovarianceParameters |> List.map (sprintf "%A"))

/// The same by a fit of its own.
let private alone (options: FitManyOptions) spec frame (name: string, values: float[]) =
    Frame.withColumn name (Column.ofFloats values) frame
    |> Result.bind (fun frame ->
        Lmm.fit options.Fit frame {
            spec with
                Response = Expr.Column name
        })
    |> Result.bind (fun fit ->
        Inference.create options.DegreesOfFreedom fit
        |> Result.map (fun inference -> {
            Observations = fit.Observations
            Coefficients = Inference.coefficients options.Level inference
            VarianceComponents = fit.VarianceComponents
            CovarianceParameters = fit.CovarianceParameters
            LogLikelihood = fit.LogLikelihood
            Certificate = fit.Certificate
        }))
    |> told

let private areSame (model: RandomModel) =
    let frame = RandomModel.frame model
    let spec = RandomModel.spec model
    let options = optionsOf (RandomModel.options model)
    let responses = responsesOf frame

    match FitMany.run options spec frame responses with
    | Error problems -> problems |> List.map LmmError.describe
    | Ok results ->
        List.zip responses (List.ofSeq results)
        |> List.collect (fun (response, found) ->
            let expected, actual = alone options spec frame response, told found.Estimates

            Law.isTrue $"%A{expected}\nis not\n%A{actual}" (expected = actual)
            @ Law.isTrue "order" (fst response = found.Response))
    |> List.map (fun failure -> $"{RandomModel.formula model}: {failure}")
    |> Law.holds

let private genes count =
    let stream = RandomStream(3UL, 0)
    let n = 24

    let frame =
        TestFrame.ofColumns [
            "treatment", TestFrame.numbers [ for row in 0 .. n - 1 -> float (row / 3 % 2) ]
            "time", TestFrame.numbers [ for row in 0 .. n - 1 -> float (row % 3) ]
            "subject", TestFrame.texts [ for row in 0 .. n - 1 -> $"s{row / 3}" ]
        ]

    frame,
    [
        for gene in 1..count -> $"gene{gene}", Array.init n (fun _ -> stream.NextNormal())
    ]

let private spec = TestFrame.formula "y ~ treatment + time + (1 | subject)"

let private problemsOf values =
    let frame, _ = genes 0

    FitMany.run FitManyOptions.defaults spec frame [ "g", values ]
    |> Models.value
    |> Seq.collect (fun one -> Models.words one.Estimates)
    |> List.ofSeq

[<Tests>]
let tests =
    testList "FitManyTests" [
        testPropertyWithConfig
            {
                Law.tries 40 with
                    arbitrary = [ typeof<SmallModels> ]
            }
            "Many fits are one fit after another, bit for bit"
            areSame

        testPropertyWithConfig
            {
                Law.tries 16 with
                    arbitrary = [ typeof<StructuredSmallModels> ]
            }
            "Many fits of structured models are one fit after another, bit for bit"
            areSame

        testCase "Crossed and related effects in sparse equations are shared without a change" (fun () ->
            for text in [ "y ~ x + (1 | g) + (1 | h)"; "y ~ x + (x | g) + (1 | h) + (1 | g:h)" ] do
                let stream = RandomStream(8UL, 0)
                let n = 90

                let frame =
                    TestFrame.ofColumns [
                        "x", TestFrame.numbers [ for _ in 1..n -> stream.NextNormal() ]
                        "g", TestFrame.texts [ for _ in 1..n -> $"g{stream.NextIndex 12}" ]
                        "h", TestFrame.texts [ for _ in 1..n -> $"h{stream.NextIndex 10}" ]
                    ]

                let design =
                    Frame.withColumn "y" (TestFrame.numbers [ for _ in 1..n -> stream.NextNormal() ]) frame
                    |> Models.value
                    |> TestFrame.design text

                let other = {
                    design with
                        Response = Array.init n (fun _ -> 3.0 + stream.NextNormal())
                }

                let symbolic = Standardised.ofDesign design |> SupernodalPlan.analyse

                let products =
                    (SupernodalPlan.withResponse (Standardised.ofDesign other) symbolic).Products

                let anew = NodeProducts.create (Standardised.ofDesign other)
                Check.equal (anew.Groups |> Array.map _.Fixed) (products.Groups |> Array.map _.Fixed)
                Check.equal anew.FixedFixed products.FixedFixed)

        testSequenced
        <| testCase "Results have the same bits with one thread and with two" (fun () ->
            let frame, responses = genes 40

            let run threads =
                withThreads threads (fun () ->
                    FitMany.run FitManyOptions.defaults spec frame responses
                    |> Models.value
                    |> Seq.map (fun one -> told one.Estimates)
                    |> List.ofSeq)

            Check.equal (run 1) (run 2))

        testCase "Responses are read as results are asked for" (fun () ->
            let frame, responses = genes 1
            let mutable read = 0

            let endless =
                Seq.initInfinite (fun _ ->
                    read <- read + 1
                    responses.Head)

            let first =
                FitMany.run FitManyOptions.defaults spec frame endless
                |> Models.value
                |> Seq.truncate 3
                |> List.ofSeq

            Check.equal 3 first.Length
            Check.isWithin 3.0 1000.0 (float read))

        testCase "Progress tells the responses done, and a cancelled run stops" (fun () ->
            let frame, responses = genes 300
            use source = new System.Threading.CancellationTokenSource()
            let told = ResizeArray<int>()

            let options = {
                FitManyOptions.defaults with
                    Fit = {
                        FitOptions.defaults with
                            Cancellation = source.Token
                    }
                    Progress =
                        Some(fun count ->
                            told.Add count
                            source.Cancel())
            }

            let results = FitMany.run options spec frame responses |> Models.value

            Expect.throwsT<System.OperationCanceledException> (fun () -> Seq.length results |> ignore) "cancelled"
            Check.equal [ 256 ] (List.ofSeq told))

        testCase "What is wrong with a response is told beside its name, and the others are fitted" (fun () ->
            let frame, responses = genes 1

            let all =
                FitMany.run FitManyOptions.defaults spec frame [
                    "short", [| 1.0; 2.0 |]
                    "flat", Array.create 24 1.0
                    responses.Head
                ]
                |> Models.value
                |> List.ofSeq

            Check.equal
                [
                    "Column 'short' has 2 values where the first column has 24."
                    "The response 'flat' has the same value in every row; there is nothing to model."
                ]
                (all |> List.collect (fun one -> Models.words one.Estimates))

            Check.isTrue all[2].Estimates.IsOk

            Check.equal
                [ "Column 'g' is infinite in row 2; check the column." ]
                (problemsOf (Array.init 24 (fun row -> if row = 1 then infinity else float row))))

        testCase "What is wrong with the model is told once" (fun () ->
            let frame, responses = genes 3

            Check.equal
                1
                (FitMany.run FitManyOptions.defaults (TestFrame.formula "y ~ dose + (1 | subject)") frame responses
                 |> Models.words
                 |> List.length)

            Check.isTrue (FitMany.columns FitManyOptions.defaults spec frame [ "gene9"; "subject" ]).IsError)

        testCase "Columns of the data are responses too" (fun () ->
            let frame, responses = genes 2

            let wide =
                (frame, responses)
                ||> List.fold (fun frame (name, values) ->
                    Frame.withColumn name (Column.ofFloats values) frame |> Models.value)

            let ofColumns =
                FitMany.columns FitManyOptions.defaults spec wide [ "gene1"; "gene2" ]
                |> Models.value

            let ofValues =
                FitMany.run FitManyOptions.defaults spec frame responses |> Models.value

            Check.equal [ for one in ofValues -> one.Response, told one.Estimates ] [
                for one in ofColumns -> one.Response, told one.Estimates
            ])
    ]
