/// <summary>The worked examples of the lecture notes, with the numbers of docs/classical; their derivations are there.
/// </summary>
module LmmFunctional.Tests.WorkedExampleTests

open System.Diagnostics
open System.IO
open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Classical

let private ofFormula formula random name =
    AnovaModel.ofFormula formula random (TestFrame.read name)
    |> BalancedData.orRaise
    |> AnovaTable.create SumsOfSquares.TypeI QuasiF.Sums

let private row source (table: AnovaTable) =
    table.Rows |> List.find (fun row -> row.Source = source)

let private meanSquare source table =
    (row source table).MeanSquare |> Option.get

let private estimates table =
    AnovaEstimates.create NegativeEstimates.Keep table
    |> BalancedData.orRaise
    |> List.map _.Estimate

let private identity = Matrix.identity

let private kron = Matrices.kronecker

let private ones = Matrices.ones

let private indicators (term: RandomDesign) =
    Matrix.init term.Codes.Length term.Levels.Length (fun row level -> if term.Codes[row] = level then 1.0 else 0.0)

[<Tests>]
let tests =
    testList "WorkedExampleTests" [
        testCase "seedlings: OLS is not GLS, but is in the balanced variant" (fun () ->
            let covariance sizes =
                sizes
                |> List.map (fun n -> Matrix.init n n (fun i j -> if i = j then 3.0 else 2.0))
                |> KnownCovariance.Blocks

            let x seeds =
                Matrices.beside [ ones (2 * seeds) 1; kron (identity 2) (ones seeds 1) ]

            let v = covariance [ 3; 2; 3; 2 ]

            let efficiency c =
                OlsAgainstGls.efficiency v (x 5) c |> BalancedData.orRaise

            let mean, other = efficiency [ 1.0; 1.0; 0.0 ], efficiency [ 1.0; 0.0; 1.0 ]
            let difference = efficiency [ 0.0; 1.0; -1.0 ]

            Law.assertHolds [
                yield! Law.isTrue "no Q" (not (OlsAgainstGls.commuting v (x 5)).Holds)
                yield! Law.relative "GLS of μ + γ1" 1e-12 (35.0 / 29.0) mean.Gls
                yield! Law.relative "OLS of μ + γ1" 1e-12 (31.0 / 25.0) mean.Ols
                yield! Law.relative "GLS of μ + γ2" 1e-12 (35.0 / 29.0) other.Gls
                yield! Law.relative "GLS of γ1 − γ2" 1e-12 (70.0 / 29.0) difference.Gls
                yield! Law.isTrue "Q" (OlsAgainstGls.commuting (covariance [ 3; 3; 3; 3 ]) (x 6)).Holds
            ])

        testCase "litters: Kronecker forms of X and Z are ours" (fun () ->
            let rows = [|
                for litter in 1..4 do
                    for treatment in 1..4 do
                        for _ in 1..2 -> litter, treatment
            |]

            let design =
                TestFrame.ofColumns [
                    "y", rows |> Array.mapi (fun i _ -> float (i * i % 17)) |> TestFrame.numbers
                    "litter", rows |> Array.map (fst >> string) |> TestFrame.texts
                    "treatment", rows |> Array.map (snd >> string) |> TestFrame.texts
                ]
                |> TestFrame.design "y ~ 0 + treatment + (1 | litter) + (1 | litter:treatment)"

            let x = kron (ones 4 1) (Matrices.beside [ ones 8 1; kron (identity 4) (ones 2 1) ])
            Check.equal x (Matrices.beside [ ones 32 1; design.Fixed.Matrix ])
            Check.equal (kron (identity 4) (ones 8 1)) (indicators design.Random[0])
            Check.equal (kron (identity 16) (ones 2 1)) (indicators design.Random[1]))

        testCase "penicillin: sums of squares, estimates and compound symmetry" (fun () ->
            let table = ofFormula "yield ~ process + blend" [ "blend" ] "penicillin_blend"
            let blend, error = (let found = estimates table in found[0], found[1])

            Law.assertHolds [
                yield! Law.relative "blocks" 1e-12 264.0 (row "blend" table).SumOfSquares
                yield! Law.relative "processes" 1e-12 70.0 (row "process" table).SumOfSquares
                yield! Law.relative "error" 1e-12 226.0 (row "Error" table).SumOfSquares
                yield! Law.near "σ²_e" 5e-5 18.8333 error
                yield! Law.near "σ²_β" 5e-5 11.7917 blend
                yield! Law.near "V(Y)" 1e-9 30.625 (blend + error)
                yield! Law.near "ρ" 5e-5 0.3850 (blend / (blend + error))
            ])

        testCases
            "penicillin: three side conditions"
            [
                "yield ~ 1 + C(process, sas) + (1 | blend)", 86.0, -2.0, -1.0, 3.0
                "yield ~ 1 + process + (1 | blend)", 84.0, 1.0, 5.0, 2.0
                "yield ~ 1 + C(process, sum) + (1 | blend)", 86.0, -2.0, -1.0, 3.0
            ]
            (fun (formula: string, mu: float, a: float, b: float, c: float) ->
                let fit =
                    Lmm.fitFormula FitOptions.defaults (TestFrame.read "penicillin_blend") formula
                    |> BalancedData.orRaise

                fit.Coefficients
                |> List.map _.Estimate
                |> Law.nearAll "coefficients" 1e-9 [ mu; a; b; c ]
                |> Law.assertHolds)

        testCase "pigment: mean squares, estimates and the interval of μ" (fun () ->
            let table = ofFormula "moisture ~ batch/sample" [ "batch"; "sample" ] "pigment"
            let se = sqrt (meanSquare "batch" table / 60.0)
            let t = MathNet.Numerics.Distributions.StudentT.InvCDF(0.0, 1.0, 14.0, 0.975)

            Law.assertHolds [
                yield!
                    Law.nearAll
                        "mean squares"
                        5e-4
                        [ 86.495; 57.983; 0.917 ]
                        ([ "batch"; "batch:sample"; "Error" ]
                         |> List.map (fun source -> meanSquare source table))

                yield! Law.nearAll "estimates" 5e-4 [ 7.128; 28.533; 0.917 ] (estimates table)
                yield! Law.near "lower limit" 5e-4 24.2082 (1607.0 / 60.0 - t * se)
                yield! Law.near "upper limit" 5e-4 29.3585 (1607.0 / 60.0 + t * se)
                yield! Law.isTrue "14 df" ((row "batch" table).Df = 14)
            ])

        testCase "serum glucose with AR(1) errors and a random day" (fun () ->
            for day, error, phi in [ 2.0, 3.0, 0.6; 0.5, 1.0, -0.4 ] do
                let ofOneDay =
                    Matrices.add
                        (Matrices.scale day (ones 32 32))
                        (kron (identity 8) (Matrices.scale error (Matrices.autoregressive 4 phi)))

                let x = kron (ones 5 1) (identity 32)
                let v = KnownCovariance.Kronecker(identity 5, ofOneDay)
                let names = List.init 32 string

                let gls =
                    Gls.fit CovarianceScale.Known v names x (Array.zeroCreate 160)
                    |> BalancedData.orRaise

                let variance weight =
                    let c = [
                        for j in 1..8 do
                            for k in 1..4 -> if j = 3 then weight k else 0.0
                    ]

                    (Gls.estimate gls c |> BalancedData.orRaise).Variance

                let polynomial = 2.0 + 3.0 * phi + 2.0 * phi ** 2.0 + phi ** 3.0

                Law.assertHolds [
                    yield!
                        Law.relative "(a)" 1e-10 ((day + error) / 5.0) (variance (fun k -> if k = 1 then 1.0 else 0.0))
                    yield! Law.relative "(b)" 1e-10 (day / 5.0 + error * polynomial / 40.0) (variance (fun _ -> 0.25))
                    yield! Law.isTrue "Q" (Matrices.distance ofOneDay (OlsAgainstGls.commuting v x).Q < 1e-10)
                ])

        testCase "serum glucose as a split plot in time" (fun () ->
            let design =
                BalancedData.parse (
                    "food/subject + time + food:time",
                    [ "subject" ],
                    [ "food", 3; "subject", 6; "time", 6 ],
                    1
                )

            let numbers (row: ExpectedMeanSquare) =
                row.Source, row.Df, row.Expected.Variances

            Check.equal
                [
                    "food", 2, [ "subject(food)", 6.0 ]
                    "time", 5, []
                    "subject(food)", 15, [ "subject(food)", 6.0 ]
                    "food·time", 10, []
                    "Error", 75, []
                ]
                (ExpectedMeanSquares.table InteractionForm.Unrestricted design
                 |> List.map numbers)

            // V(Ȳ_i.k) = (MS_S + 5 MS_E)/36 and its df.
            let parts = [
                {
                    Source = "subject"
                    Coefficient = 1.0 / 36.0
                    MeanSquare = 12.0
                    Df = 15
                }
                {
                    Source = "Error"
                    Coefficient = 5.0 / 36.0
                    MeanSquare = 2.0
                    Df = 75
                }
            ]

            Law.assertHolds [
                yield! Law.relative "estimate" 1e-12 (22.0 / 36.0) (MeanSquareCombination.estimate parts)
                yield!
                    Law.relative
                        "df"
                        1e-12
                        (484.0 / (144.0 / 15.0 + 100.0 / 75.0))
                        (MeanSquareCombination.satterthwaiteDf parts)
            ])

        testCase "Laird and Ware: GLS with the blocks of Var(y_N) is the fit" (fun () ->
            let frame = TestFrame.read "sleepstudy"

            let fit =
                Lmm.fitFormula FitOptions.defaults frame "Reaction ~ Days + (Days | Subject)"
                |> BalancedData.orRaise

            let zi = Matrix.init 10 2 (fun day k -> if k = 0 then 1.0 else float day)
            let psi = snd fit.RandomCovariances.Head

            let block =
                Matrices.add
                    (Matrices.product [ zi; psi; Matrix.transpose zi ])
                    (Matrices.scale (fit.Sigma ** 2.0) (identity 10))

            let v = KnownCovariance.Kronecker(identity 18, block)

            let gls =
                Gls.fit CovarianceScale.Known v [ "1"; "Days" ] fit.Design.Fixed.Matrix fit.Design.Response
                |> BalancedData.orRaise

            Law.assertHolds [
                yield! Law.relativeAll "β" 1e-9 (fit.Coefficients |> List.map _.Estimate) gls.Coefficients
                yield! Law.atMost "Var(β)" 1e-8 (Matrices.distance fit.CoefficientCovariance gls.GeneralisedInverse)
            ])

        // The scripts stop with an exit code where a number is not what it must be. They need the built command line.
        testCases
            "the scripts run"
            [
                "seedlings"
                "litters"
                "penicillin"
                "pigment"
                "two-factor-ems"
                "serum-glucose"
                "laird-ware"
            ]
            (fun (name: string) ->
                if isNull (System.Environment.GetEnvironmentVariable "LMM_SCRIPTS") then
                    skiptest "Each script takes seconds of F# Interactive: set LMM_SCRIPTS=1."

                let script = Path.Combine(TestData.root, "docs", "classical", $"{name}.fsx")

                let start =
                    ProcessStartInfo(
                        "dotnet",
                        $"fsi \"{script}\"",
                        RedirectStandardOutput = true,
                        RedirectStandardError = true
                    )

                match Process.Start start with
                | null -> failtest "dotnet fsi does not start"
                | run ->
                    let output = run.StandardOutput.ReadToEndAsync()
                    let error = run.StandardError.ReadToEnd()
                    run.WaitForExit()
                    Expect.equal run.ExitCode 0 (output.Result + error))
    ]
