namespace LmmFunctional.Benchmarks

open System
open System.Threading.Tasks
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>How often intervals hold what they are of: random intercepts, small and large samples, simulated.</summary>
[<RequireQualifiedAccess>]
module Coverage =

    let private formula = "y ~ x + (1 | g)"

    /// Groups and rows of each.
    let private sizes = [ "6 × 4", 6, 4; "40 × 8", 40, 8 ]

    let private methods = [
        "parameters known, Satterthwaite",
        {
            PredictionOptions.defaults with
                Method = DegreesOfFreedomMethod.satterthwaite
        }
        "parameters known, Kenward-Roger df",
        {
            PredictionOptions.defaults with
                Method = DegreesOfFreedomMethod.kenwardRoger
        }
        "Kenward-Roger",
        {
            PredictionOptions.defaults with
                Method = DegreesOfFreedomMethod.kenwardRoger
                Uncertainty = ParameterUncertainty.KenwardRoger
        }
    ]

    /// One data set: effects and residuals of standard deviation one, and what is predicted at x = 1.
    let private draw groups rows seed =
        let random = Random(seed: int)
        let normal () = SimulatedData.normal random
        let effects = Array.init groups (fun _ -> normal ())

        let data = [
            for g in 0 .. groups - 1 do
                for _ in 1..rows do
                    let x = normal ()
                    $"g{g}", x, 1.0 + 0.5 * x + effects[g] + normal ()
        ]

        let frame =
            Frame.ofColumns [
                "g", data |> List.map (fun (g, _, _) -> g) |> Column.ofStrings
                "x", data |> List.map (fun (_, x, _) -> x) |> Column.ofFloats
                "y", data |> List.map (fun (_, _, y) -> y) |> Column.ofFloats
            ]
            |> SimulatedData.orRaise

        let unseen = normal ()
        let mean = 1.5

        frame, mean, mean + effects[0], mean + effects[0] + normal (), mean + unseen, mean + unseen + normal ()

    let private at group =
        Frame.ofColumns [ "g", Column.ofStrings [ group ]; "x", Column.ofFloats [ 1.0 ] ]
        |> SimulatedData.orRaise

    let private known, unseen = at "g0", at "unseen"

    let private targets = [
        "population mean, confidence", known, PredictedEffects.None, PredictionInterval.Confidence
        "known level, confidence", known, PredictedEffects.All, PredictionInterval.Confidence
        "known level, prediction", known, PredictedEffects.All, PredictionInterval.Prediction
        "new level, confidence", unseen, PredictedEffects.All, PredictionInterval.Confidence
        "new level, prediction", unseen, PredictedEffects.All, PredictionInterval.Prediction
    ]

    let private levels = [ 0.90; 0.95 ]

    /// The half width of an interval at another level than 0.95.
    let private halfWidth (found: Prediction) level =
        let quantile = Probability.quantile found.Df
        0.5 * (found.Upper - found.Lower) * quantile level / quantile 0.95

    /// Whether each interval holds the truth: targets × methods × levels.
    let private covered groups rows seed =
        let frame, mean, ofKnown, observation, ofNew, newObservation = draw groups rows seed
        let fit = SimulatedData.fit frame formula
        let truths = [ mean; ofKnown; observation; ofNew; newObservation ]

        [|
            for (_, frame, effects, interval), truth in List.zip targets truths do
                for _, options in methods do
                    let found =
                        Predictions.ofFrame
                            {
                                options with
                                    Effects = effects
                                    Interval = interval
                                    Level = 0.95
                            }
                            frame
                            fit
                        |> SimulatedData.orRaise
                        |> List.head

                    for level in levels do
                        // An interval without an end holds everything.
                        not (abs (found.Estimate - truth) > halfWidth found level)
        |]

    /// <summary>Prints the coverage of every interval; 1 when one of Kenward and Roger's falls short of its level by more than three
    /// Monte-Carlo errors and a percentage point.</summary>
    let run count =
        printfn $"{count} data sets each; coverage in per cent, with Monte-Carlo standard errors."
        printfn ""
        printfn "| groups × rows | of | method | 90 %% | 95 %% |"
        printfn "| --- | --- | --- | --: | --: |"
        let mutable isRight = true

        for title, groups, rows in sizes do
            let all: bool[][] = Array.zeroCreate count

            Parallel.For(0, count, fun seed -> all[seed] <- covered groups rows (seed + 1))
            |> ignore

            let hits =
                Array.init all[0].Length (fun k -> all |> Array.filter (fun own -> own[k]) |> Array.length)

            for t, (name, _, _, _) in List.indexed targets do
                for m, (methodName, _) in List.indexed methods do
                    let own level =
                        hits[(t * methods.Length + m) * levels.Length + level]

                    let shares =
                        [ 0..1 ] |> List.map (own >> fun hits -> SimulatedData.share hits count)

                    printfn $"| {title} | {name} | {methodName} | {shares[0]} | {shares[1]} |"

                    if m = methods.Length - 1 then
                        for k, level in List.indexed levels do
                            let error = sqrt (level * (1.0 - level) / float count)
                            isRight <- isRight && float (own k) / float count > level - 0.01 - 3.0 * error

        if isRight then 0 else 1
