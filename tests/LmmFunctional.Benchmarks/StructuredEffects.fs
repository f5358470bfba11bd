namespace LmmFunctional.Benchmarks

open System
open System.Diagnostics
open System.IO
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Random effects that no blocks of rows can integrate out beside structured residuals: two traits on a pedigree, and
/// items crossed with subjects whose trials follow each other.</summary>
[<RequireQualifiedAccess>]
module StructuredEffects =

    let private orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> raise (InvalidDataException(problems |> List.map LmmError.describe |> String.concat " "))

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    /// Two traits of every animal: genetic variances 0.4 and 0.3, correlation 0.5; residual ones 0.6 and 0.7, correlation 0.2.
    let private traits (pedigree: Pedigree) =
        let random = Random 5
        let animals = pedigree.Count
        let fathers, mothers = Array.ofSeq pedigree.Sires, Array.ofSeq pedigree.Dams
        let struct (_, variances) = Inbreeding.create pedigree
        let values = Array2D.zeroCreate animals 2

        let pair first second correlation =
            let a = normal random
            let b = correlation * a + sqrt (1.0 - correlation * correlation) * normal random
            [| sqrt first * a; sqrt second * b |]

        for k in 0 .. animals - 1 do
            let own = pair 0.4 0.3 0.5

            for t in 0..1 do
                let half parent =
                    if parent < 0 then 0.0 else 0.5 * values[parent, t]

                values[k, t] <- half fathers[k] + half mothers[k] + sqrt variances[k] * own[t]

        let noise = Array.init animals (fun _ -> pair 0.6 0.7 0.2)
        let rows = Array.init (2 * animals) (fun row -> row / 2, row % 2)

        Frame.ofColumns [
            "weight",
            rows
            |> Array.map (fun (k, t) -> 3.0 + float t + values[k, t] + noise[k].[t])
            |> Column.ofFloats
            "trait", Column.factor [ "first"; "second" ] (Array.map snd rows)
            "animal", rows |> Array.map (fun (k, _) -> pedigree.Animals[k]) |> Column.ofStrings
        ]
        |> orRaise

    /// Trials of subjects, each on an item: AR(1) noise within subjects; a share of the trials is missing.
    let private trials subjects perSubject items missing =
        let random = Random 7
        let ofItems = Array.init items (fun _ -> 0.5 * normal random)
        let ofSubjects = Array.init subjects (fun _ -> 0.7 * normal random)

        let rows = [|
            for subject in 0 .. subjects - 1 do
                let mutable noise = normal random

                for trial in 1..perSubject do
                    noise <- 0.4 * noise + sqrt (1.0 - 0.16) * normal random
                    let item = random.Next items
                    let time = float trial / float perSubject

                    if random.NextDouble() >= missing then
                        subject, trial, item, time, 1.0 + 0.3 * time + ofItems[item] + ofSubjects[subject] + noise
        |]

        Frame.ofColumns [
            "y", rows |> Array.map (fun (_, _, _, _, y) -> y) |> Column.ofFloats
            "time", rows |> Array.map (fun (_, _, _, time, _) -> time) |> Column.ofFloats
            "trial", rows |> Array.map (fun (_, trial, _, _, _) -> float trial) |> Column.ofFloats
            "subject",
            rows
            |> Array.map (fun (subject, _, _, _, _) -> $"s{subject}")
            |> Column.ofStrings
            "item", rows |> Array.map (fun (_, _, item, _, _) -> $"i{item}") |> Column.ofStrings
        ]
        |> orRaise

    let private processor () =
        Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds

    let private fit what (options: FitOptions) frame text =
        let spec = Formula.parse text |> orRaise

        for candidate in (Lmm.planWith options.Known frame spec |> orRaise).Candidates do
            printfn $"  {candidate.Engine}: {candidate.Work:E1} operations, {candidate.Bytes / 1e6:F0} MB"

        let before = processor ()
        let started = Stopwatch.GetTimestamp()
        let fit = Lmm.fit options frame spec |> orRaise
        fit.Coefficients |> ignore
        let seconds = Stopwatch.GetElapsedTime(started).TotalSeconds
        let iterations = fit.Iterations.Length - 1

        printfn $"{what}: {iterations} iterations, {processor () - before:F2} s of a core, {seconds:F2} s in all"
        printfn $"  −2ℓ {fit.CriterionValue:F6}, {fit.Certificate.Verdict}"

        for parameter in fit.CovarianceParameters do
            printfn $"  {parameter.Group} {parameter.Name} {parameter.Estimate:F4}"

        for own in fit.VarianceComponents do
            let effects =
                Option.toList own.First @ Option.toList own.Second |> String.concat ", "

            printfn $"  {own.Group} {effects} {own.Covariance:F4}"

    /// Prints what each fit costs, the second time when everything is compiled.
    let run () =
        let pedigree = AnimalModel.pedigree 2 10_000 |> Pedigree.ofRows |> orRaise

        let options = {
            FitOptions.defaults with
                Known = Map [ "A", Relationship.ofPedigree pedigree ]
        }

        let animals = traits pedigree
        let complete, incomplete = trials 1000 50 200 0.0, trials 1000 50 200 0.05

        let crossed =
            "y ~ time + (1 | item) + (1 | subject); residual = ar1(trial | subject)"

        for _ in 1..2 do
            fit
                $"{pedigree.Count} animals, two traits"
                options
                animals
                "weight ~ 0 + trait + kron(us(0 + trait), known(A) | animal); residual = us(trait | animal)"

            fit "1000 subjects of 50 trials, 200 items" FitOptions.defaults complete crossed
            fit "The same, one trial in twenty missing" FitOptions.defaults incomplete crossed

        0
