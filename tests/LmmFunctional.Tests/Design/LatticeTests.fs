/// <summary>Steps along a variable: gaps stay, whoever has rows there.</summary>
module LmmFunctional.Tests.LatticeTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Language
open LmmFunctional.Estimation

let private orRaise result =
    match result with
    | Ok value -> value
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "\n")

let private fitOf formula frame =
    Lmm.fitFormula FitOptions.defaults frame formula

let private case name =
    Csv.read (TestData.csv $"cases/{name}") |> orRaise

let private parameter name (fit: Fit) =
    (fit.CovarianceParameters |> List.find (fun own -> own.Name = name)).Estimate

/// Twelve subjects at some of these times, with a response of a smooth and a rough part.
let private subjects (times: float list) (seed: int) =
    let random = Random seed

    let rows = [
        for g in 1..12 do
            let level = random.NextDouble()

            for t in times -> $"s{g:D2}", t, level + sin (t + float g) + random.NextDouble()
    ]

    TestFrame.ofColumns [
        "g", TestFrame.texts (rows |> List.map (fun (g, _, _) -> g))
        "t", TestFrame.numbers (rows |> List.map (fun (_, t, _) -> t))
        "y", TestFrame.numbers (rows |> List.map (fun (_, _, y) -> y))
    ]

let private gaps = [ 1.0; 2.0; 3.0; 6.0; 7.0; 10.0 ]

[<Tests>]
let tests =
    testList "LatticeTests" [
        testProperty
            "places of whole numbers are their distances in steps"
            (fun (NonEmptyArray(numbers: int[])) (NonZeroInt step) ->
                let step = abs step % 50 + 1

                let values =
                    numbers
                    |> Array.map (fun n -> float (n % 500 * step))
                    |> Array.distinct
                    |> Array.sort

                match Lattice.ofValues values with
                | Lattice.Steps(length, places) ->
                    places[0] = 0
                    && Array.forall2 (fun value place -> value = values[0] + length * float place) values places
                    && (values.Length < 2 || length % float step = 0.0)
                | _ -> false)

        testProperty
            "decimals on a lattice have the same places as its whole numbers"
            (fun (NonEmptyArray(numbers: int[])) ->
                let whole =
                    numbers
                    |> Array.map (fun n -> float (abs n % 20))
                    |> Array.distinct
                    |> Array.sort

                let placesOf values =
                    match Lattice.ofValues values with
                    | Lattice.Steps(_, places) -> Some places
                    | _ -> None

                placesOf whole = placesOf (whole |> Array.map (fun n -> n / 4.0)))

        testCases
            "numbers and their steps"
            [
                "0.9338 2.1719 3.2122", "uneven"
                "0 1600000000", "steps 1600000000: 0 1"
                "0 1 1600000000", "too long"
                "0.3333 0.6667 1", "steps 0.33335: 0 1 2"
                "5", "steps 1: 0"
                "-3 1 9", "steps 4: 0 1 3"
            ]
            (fun (text: string, expected: string) ->
                let found =
                    match text.Split ' ' |> Array.map float |> Lattice.ofValues with
                    | Lattice.Steps(step, places) ->
                        let places = places |> Array.map string |> String.concat " "
                        $"steps {LevelName.ofNumber (Math.Round(step, 9))}: {places}"
                    | Lattice.Uneven -> "uneven"
                    | Lattice.TooLong _ -> "too long"

                Check.equal expected found)

        // Case 08: nlme's gls with corAR1(form = ~ time | g), REML.
        testCase "times that nobody has are gaps" (fun () ->
            let fit = case "08-ar1-gap" |> fitOf "y ~ 1; residual = ar1(time | g)" |> orRaise

            Law.assertHolds [
                yield! Law.near "rho" 1e-5 0.72529 (parameter "rho" fit)
                yield! Law.near "-2 log likelihood" 1e-3 651.404 fit.CriterionValue
            ]

            Design.notes fit.Design
            |> Texts.equal [
                "'time' goes in steps of 1: 7, 8 and 9, which no row has, stay gaps; factor(time) closes them, car1 goes by distance."
            ])

        // Case 08 as 0.1.0 read it.
        testCase "factor closes the gaps" (fun () ->
            let fit =
                case "08-ar1-gap" |> fitOf "y ~ 1; residual = ar1(factor(time) | g)" |> orRaise

            Law.assertHolds [
                yield! Law.near "rho" 1e-5 0.63961 (parameter "rho" fit)
                yield! Law.near "-2 log likelihood" 1e-3 669.972 fit.CriterionValue
            ]

            Design.notes fit.Design
            |> Texts.equal [ "The levels of 'time' are taken as steps of one in their order." ])

        // ρ^|t_i − t_j| for positive ρ is car1; the criterion of both has the same optimum where that is inside.
        testCases
            "steps with gaps are distances"
            [
                "y ~ 1; residual = ar1(t | g)", "y ~ 1; residual = car1(t | g)"
                "y ~ 1; residual = ar1(t | g) + nugget", "y ~ 1; residual = car1(t | g) + nugget"
                "y ~ 1 + ar1(0 + t | g)", "y ~ 1 + car1(0 + t | g)"
                "y ~ 1; residual = arma(1,0)(t | g)", "y ~ 1; residual = car1(t | g)"
                "y ~ 1; residual = arh1(t | g)", "y ~ 1; residual = ar1(t | g) * ident(t)"
            ]
            (fun (steps: string, distances: string) ->
                let frame = subjects gaps 5

                let smooth =
                    let values = Array.init frame.Rows (fun row -> if row % 6 < 3 then 1.0 else -1.0)

                    match frame.TryColumn "y" with
                    | Some(Column.Numeric y) ->
                        Frame.withColumn "y" (TestFrame.numbers (Seq.map2 (fun y v -> 0.3 * y + v) y values)) frame
                        |> orRaise
                    | _ -> frame

                let first, second = fitOf steps smooth |> orRaise, fitOf distances smooth |> orRaise
                Law.assertHolds (Law.near steps 1e-6 second.CriterionValue first.CriterionValue))

        testPropertyWithConfig (Law.tries 10) "the unit of time does not matter" (fun (seed: int) ->
            let frame = subjects gaps seed

            let criterion scale =
                let times = Seq.init frame.Rows (fun row -> scale * gaps[row % gaps.Length] + 3.0)

                (Frame.withColumn "t" (TestFrame.numbers times) frame
                 |> Result.bind (fitOf "y ~ 1; residual = ar1(t | g)")
                 |> orRaise)
                    .CriterionValue

            Law.holds (Law.near "criterion" 1e-7 (criterion 1.0) (criterion 7.0)))

        testCases
            "lags that no two values have are refused"
            [ "toep", "3"; "toeph", "3" ]
            (fun (structure: string, lag: string) ->
                let times = [ 1.0; 2.0; 5.0; 7.0 ]

                match subjects times 1 |> fitOf $"y ~ 1; residual = {structure}(t | g)" with
                | Ok _ -> ()
                | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "\n")

                match
                    subjects [ 1.0; 2.0; 3.0; 7.0 ] 1
                    |> fitOf $"y ~ 1; residual = {structure}(t | g)"
                with
                | Ok _ -> failtest "It has a lag without values."
                | Error problems ->
                    problems
                    |> List.map LmmError.describe
                    |> Texts.equal [
                        $"'{structure}(t)' has a correlation for each lag, and no two values of 't' are {lag} apart; "
                        + "take factor(t), whose levels are steps in their order, or fewer correlations, as in ar1."
                    ])

        testCase "uneven times are steps in their order, with a note" (fun () ->
            let fit =
                subjects [ 0.13; 1.721; 3.05; 4.9 ] 2
                |> fitOf "y ~ 1; residual = ar1(t | g)"
                |> orRaise

            Design.notes fit.Design
            |> Texts.equal [
                "'t' is not equally spaced: its values are taken as steps of one in their order; car1 goes by distance."
            ])

        testCase "too many steps are refused" (fun () ->
            match subjects [ 0.0; 1.0; 2e6 ] 2 |> fitOf "y ~ 1; residual = ar1(t | g)" with
            | Ok _ -> failtest "It has two million steps."
            | Error problems ->
                problems
                |> List.map LmmError.describe
                |> Texts.equal [
                    "'ar1(t)' goes in equal steps along 't', and its values lie on none or on too many; "
                    + "take car1, which goes by distance, or factor(t), which takes them in their order."
                ])

        // Case 09: the same as with days; R's nlme, corExp with nugget.
        testCase "dates are days" (fun () ->
            let dates =
                case "09-dates"
                |> fitOf "y ~ ndvi; residual = car1(Date | animal) + nugget"
                |> orRaise

            let days =
                case "09-dates-as-days"
                |> fitOf "y ~ ndvi; residual = sp_exp(day | animal) + nugget"
                |> orRaise

            Law.assertHolds [
                yield! Law.near "range" 2e-3 30.863 (parameter "range" days)
                yield! Law.near "range of dates" 2e-3 30.863 (-1.0 / log (parameter "Phi" dates))
                yield! Law.near "nugget" 1e-4 0.0397 (parameter "nugget" dates)
                yield! Law.near "-2 log likelihood" 0.01 476.78 dates.CriterionValue
                yield! Law.near "criterion" 1e-6 days.CriterionValue dates.CriterionValue
            ]

            Design.notes dates.Design
            |> Texts.equal [ "'Date' holds dates, which are taken as days from 1970-01-01." ])

        testCase "steps of dates are days" (fun () ->
            let dates =
                case "09-dates" |> fitOf "y ~ ndvi; residual = ar1(Date | animal)" |> orRaise

            let days =
                case "09-dates-as-days"
                |> fitOf "y ~ ndvi; residual = ar1(day | animal)"
                |> orRaise

            Law.assertHolds (Law.near "criterion" 1e-6 days.CriterionValue dates.CriterionValue))

        testCase "dates in another order are refused" (fun () ->
            let frame =
                TestFrame.ofColumns [
                    "g", TestFrame.texts [ "a"; "a"; "b"; "b"; "c"; "c" ]
                    "d", TestFrame.texts [ "7.1.2023"; "8.1.2023"; "7.1.2023"; "9.1.2023"; "7.1.2023"; "8.1.2023" ]
                    "y", TestFrame.numbers [ 1.0; 2.0; 4.0; 3.0; 5.0; 7.0 ]
                ]

            match frame |> fitOf "y ~ 1; residual = ar1(d | g)" with
            | Ok _ -> failtest "It took texts for days."
            | Error problems ->
                problems
                |> List.map LmmError.describe
                |> Texts.equal [
                    "Column 'd' is text, but 'ar1(d)' needs numbers; row 1 has '7.1.2023': write dates as 2023-01-31."
                ])
    ]
