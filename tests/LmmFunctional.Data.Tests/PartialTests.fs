/// <summary>Sums of parts of the data against the data themselves.</summary>
module LmmFunctional.Data.Tests.PartialTests

open System
open System.IO
open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Data
open LmmFunctional.Tests

let private spec text = Formula.parse text |> DataSets.orRaise

/// The rows in k parts, dealt like cards.
let dealt k (frame: Frame) =
    [ 0 .. k - 1 ]
    |> List.filter (fun part -> part < frame.Rows)
    |> List.map (fun part -> Frame.filter (fun row -> row % k = part) frame |> DataSets.orRaise)

/// The rows in k parts, one after the other.
let cut k (frame: Frame) =
    let size = (frame.Rows + k - 1) / k

    [ 0 .. k - 1 ]
    |> List.filter (fun part -> part * size < frame.Rows)
    |> List.map (fun part -> Frame.filter (fun row -> row / size = part) frame |> DataSets.orRaise)

// The criterion is flat at the optimum, so that estimates have half of its digits.
let private criterionTolerance = 1e-9
let private estimateTolerance = 1e-6

let isNear tolerance (a: float) (b: float) =
    a = b || abs (a - b) <= tolerance * (1.0 + max (abs a) (abs b))

/// In what a fit of sums differs from that of the rows.
let differences (whole: Fit) (summed: SummedFit) = [
    let own = summed.Fit

    if not (isNear criterionTolerance whole.CriterionValue own.CriterionValue) then
        $"criterion {whole.CriterionValue:R} and {own.CriterionValue:R}"

    if whole.Observations <> own.Observations then
        $"{whole.Observations} and {own.Observations} rows"

    for a, b in List.zip whole.Coefficients own.Coefficients do
        let scale = a.StandardError

        if a.Name <> b.Name then
            $"{a.Name} and {b.Name}"

        if not (isNear estimateTolerance (a.Estimate / scale) (b.Estimate / scale)) then
            $"{a.Name} {a.Estimate:R} and {b.Estimate:R}"

        if not (isNear 1e-5 a.StandardError b.StandardError) then
            $"se of {a.Name} {a.StandardError:R} and {b.StandardError:R}"

    if not (isNear 1e-5 whole.Sigma own.Sigma) then
        $"sigma {whole.Sigma:R} and {own.Sigma:R}"
]

let private fitsOf options text parts (frame: Frame) =
    let spec = spec text
    let whole = Lmm.fit options frame spec

    let summed =
        parts frame
        |> List.map (Partial.collect spec)
        |> List.map DataSets.orRaise
        |> Partial.fitOf options spec

    whole, summed

let private isSame options text parts frame =
    match fitsOf options text parts frame with
    | Ok whole, Ok summed -> differences whole summed
    | Error a, Error b when a = b -> []
    | Ok _, Error problems -> problems |> List.map LmmError.describe
    | Error problems, _ -> [ $"the rows have problems %A{problems}" ]

let private ml = {
    FitOptions.defaults with
        Criterion = Criterion.Ml
}

/// Data with two factors that cross, some cells empty, a number, a small whole number, weights, and missing values.
let randomFrame =
    gen {
        let! rows = Gen.choose (40, 90)
        let! seed = Gen.choose (1, 1_000_000)
        let random = Random seed
        let g = Array.init rows (fun _ -> random.Next 6)
        let h = Array.init rows (fun _ -> random.Next 5)
        let effect = Array.init 6 (fun _ -> 2.0 * random.NextDouble())
        let x = Array.init rows (fun _ -> 100.0 + random.NextDouble())
        let time = Array.init rows (fun _ -> float (random.Next 4))

        let y =
            Array.init rows (fun row -> 5.0 + effect[g[row]] * x[row] + 0.3 * time[row] + 3.0 * random.NextDouble())

        let missing = random.Next rows

        return
            Frame.ofColumns [
                "y", Column.ofFloats (y |> Array.mapi (fun row value -> if row = missing then nan else value))
                "x", Column.ofFloats x
                "time", Column.ofFloats time
                "w", Column.ofFloats (Array.init rows (fun row -> if row = 3 then 0.0 else 0.5 + random.NextDouble()))
                "f", Column.ofStrings (Array.init rows (fun row -> $"f{row * 7 % 3}"))
                "g", Column.ofStrings (g |> Seq.map (fun level -> $"g{level}"))
                "h", Column.ofInts h
            ]
            |> DataSets.orRaise
    }

/// The same without missing values or weights of zero.
let completeFrame =
    randomFrame
    |> Gen.map (fun frame ->
        frame
        |> Frame.filter (fun row -> row <> 3 && not (DataSets.isMissing (frame.TryColumn "y").Value row))
        |> DataSets.orRaise)

/// Models with functions that look at a whole column.
let modelOfColumns =
    Gen.elements [
        "y ~ scale(x) + (1 | g)"
        "y ~ center(x) + time + (scale(x, center = FALSE) | g)"
        "y ~ poly(time, 2) + (1 | g)"
        "y ~ poly(x, 2) * f + (1 | h)"
        "y ~ ns(time, df = 2) + (1 | g)"
        "y ~ bs(x, df = 4) + (1 | g)"
        "y ~ ns(x, df = 3) + f + (1 | g)"
        "y ~ I(x - 100) + x:f + (1 | g)"
        "y ~ I(x / 10):I(x - 100) + (1 | g)"
    ]

let randomModel =
    Gen.elements [
        "y ~ x + (1 | g)"
        "y ~ x * f + (1 | g)"
        "y ~ x + time + (x | g)"
        "y ~ x * time + (1 | g) + (1 | h)"
        "y ~ f + I(time^2) + (time || g)"
        "y ~ f:x + (1 | g/f)"
        "y ~ x + offset(time) + (1 | h)"
        "y ~ log(x) + time + (1 | g) + (1 | h)"
        "y ~ x + ar1(0 + time | g)"
        "y ~ x + time + sp_exp(0 + time | h)"
        "y ~ x + cs(1 + time | g)"
    ]

[<Tests>]
let tests =
    testList "PartialTests" [
        testCases "eight parts give the fit of every reference data set" DataSets.models (fun (name: string, text) ->
            isSame FitOptions.defaults text (cut 8) (DataSets.csv name) |> Texts.equal [])

        testPropertyWithConfig (Law.tries 40) "any split gives the fit of the rows" (fun () ->
            let parts = Gen.elements [ cut 1; cut 2; cut 5; dealt 2; dealt 7 ]
            let options = Gen.elements [ FitOptions.defaults; ml ]

            Prop.forAll
                (Arb.fromGen (Gen.zip (Gen.zip randomFrame randomModel) (Gen.zip parts options)))
                (fun ((frame, text), (parts, options)) ->
                    match isSame options text parts frame with
                    | [] -> true |> Prop.label ""
                    | found -> false |> Prop.label (text + ": " + String.concat "; " found)))

        testPropertyWithConfig (Law.tries 20) "prior weights are summed" (fun () ->
            Prop.forAll (Arb.fromGen (Gen.zip randomFrame randomModel)) (fun (frame, text) ->
                let spec = spec text |> LmmSpec.withWeights "w"

                let summed =
                    dealt 3 frame
                    |> List.map (Partial.collect spec >> DataSets.orRaise)
                    |> Partial.fitOf ml spec

                match Lmm.fit ml frame spec, summed with
                | Ok whole, Ok summed ->
                    let found = differences whole summed
                    let left = whole.Design.MissingRows, whole.Design.ZeroWeightRows
                    let own = summed.Fit.Design.MissingRows, summed.Fit.Design.ZeroWeightRows
                    (found.IsEmpty && left = own) |> Prop.label $"%A{found} %A{left} %A{own}"
                | whole, summed ->
                    false
                    |> Prop.label $"%A{whole |> Result.map ignore} %A{summed |> Result.map ignore}"))

        testCase "inference and random effects are those of the rows" (fun () ->
            let text = "Reaction ~ Days + (Days | Subject)"

            match fitsOf FitOptions.defaults text (dealt 4) (DataSets.csv "sleepstudy") with
            | Ok whole, Ok summed ->
                for method in [ DegreesOfFreedomMethod.satterthwaite; DegreesOfFreedomMethod.kenwardRoger ] do
                    let a =
                        Inference.create method whole |> DataSets.orRaise |> Inference.coefficients 0.95

                    let b =
                        SummedFit.inference method summed
                        |> DataSets.orRaise
                        |> Inference.coefficients 0.95

                    Check.equal (a |> List.map _.Name) (b |> List.map _.Name)

                    for x, y in List.zip a b do
                        Check.isTrue (isNear 1e-6 (float x.StandardError) (float y.StandardError))

                for a, b in List.zip (Fit.randomEffects whole) (SummedFit.randomEffects summed) do
                    Check.equal (List.ofSeq a.Levels) (List.ofSeq b.Levels)
            | _ -> failtest "no fit")

        testCase "a partial holds a cell for each combination of levels" (fun () ->
            let partial =
                Partial.collect (spec "Reaction ~ Days + (Days | Subject)") (DataSets.csv "sleepstudy")
                |> DataSets.orRaise

            Check.equal "180 rows in 18 cells" $"{partial}"
            Check.equal [ "Subject" ] partial.Keys
            Check.equal [ "Reaction"; "Days" ] (List.sort partial.Summed |> List.rev))

        testCase "the summary says everything but residuals" (fun () ->
            match
                fitsOf FitOptions.defaults "Reaction ~ Days + (Days | Subject)" (cut 2) (DataSets.csv "sleepstudy")
            with
            | Ok whole, Ok summed ->
                let lines (text: string) =
                    text.Split('\n')
                    |> List.ofArray
                    |> List.filter (fun line -> not (line.Contains "iterations in" || line.StartsWith "gradient"))

                let residuals = lines (Summary.render SummaryFormat.Text whole)
                let start = residuals |> List.findIndex (fun line -> line = "Scaled residuals:")
                let expected = List.take start residuals @ List.skip (start + 4) residuals
                Texts.equal expected (lines (string summed))
            | _ -> failtest "no fit")

        testPropertyWithConfig (Law.tries 20) "a file keeps every bit" (fun () ->
            Prop.forAll (Arb.fromGen (Gen.zip randomFrame randomModel)) (fun (frame, text) ->
                let spec = spec text |> LmmSpec.withWeights "w"
                let partial = Partial.collect spec frame |> DataSets.orRaise

                DataSets.withFile ".json" (fun path ->
                    Partial.save path partial |> DataSets.orRaise
                    let loaded = Partial.load path |> DataSets.orRaise
                    let a, b = partial.Sums, loaded.Sums

                    a.Keys = b.Keys
                    && a.Summed = b.Summed
                    && a.Counts = b.Counts
                    && a.Weights = b.Weights
                    && a.Means = b.Means
                    && a.Products = b.Products
                    && a.SumOfLogWeights = b.SumOfLogWeights
                    && (a.MissingRows, a.ZeroWeightRows) = (b.MissingRows, b.ZeroWeightRows))))

        testCase "levels are merged by name, numbers beside text are names" (fun () ->
            let part rows =
                Frame.ofColumns rows
                |> DataSets.orRaise
                |> Partial.collect (spec "y ~ 1 + (1 | g)")
                |> DataSets.orRaise

            let numbers =
                part [ "y", Column.ofFloats [ 1.0; 2.0 ]; "g", Column.ofInts [ 7; 8 ] ]

            let texts =
                part [ "y", Column.ofFloats [ 3.0; 5.0 ]; "g", Column.ofStrings [ "a"; "7" ] ]

            let both = Partial.add numbers texts |> DataSets.orRaise
            Check.equal [ "g", Column.ofStrings [ "7"; "8"; "a" ] ] both.Sums.Keys
            Check.equal [| 2L; 1L; 1L |] both.Sums.Counts
            Check.equal [| [| 3.0 |]; [| 2.0 |]; [| 3.0 |] |] both.Sums.Means)

        testCases
            "what needs the rows is named, all of it"
            [
                "y ~ poly(x, 2) + scale(x) + (1 | g)",
                [
                    "Sums of rows cannot fit 'poly(x, 2)' where 1 row is left out (it learns from them too), which needs the rows themselves; fit the data instead."
                    "Sums of rows cannot fit 'scale(x)' where 1 row is left out (it learns from them too), which needs the rows themselves; fit the data instead."
                ]
                "y ~ x; residual = ar1(time | g)",
                [
                    "Sums of rows cannot fit a residual structure, which needs the rows themselves; fit the data instead."
                ]
            ]
            (fun (text: string, expected: string list) ->
                let frame = Gen.sampleWithSeed (Rnd 1UL) 10 1 randomFrame |> Array.head

                Partial.collect (spec text) frame
                |> Result.bind (fun partial -> Partial.fitOf FitOptions.defaults (spec text) [ partial ])
                |> DataSets.problems
                |> Texts.equal expected)

        testPropertyWithConfig (Law.tries 40) "functions of a whole column are those of all rows" (fun () ->
            Prop.forAll
                (Arb.fromGen (Gen.zip3 completeFrame modelOfColumns (Gen.elements [ cut 1; dealt 3 ])))
                (fun (frame, text, parts) ->
                    match isSame FitOptions.defaults text parts frame with
                    | [] -> true |> Prop.label ""
                    | found -> false |> Prop.label (text + ": " + String.concat "; " found)))

        testCase "rows are summed as they come: chunks, Arrow batches, a reader" (fun () ->
            let text = "Reaction ~ Days + (Days | Subject)"
            let frame = DataSets.csv "sleepstudy"
            let whole = Lmm.fitFormula FitOptions.defaults frame text |> DataSets.orRaise

            let isSame partial =
                partial
                |> Result.bind (fun partial -> Partial.fitOf FitOptions.defaults (spec text) [ partial ])
                |> DataSets.orRaise
                |> differences whole
                |> Texts.equal []

            dealt 7 frame |> Seq.map Ok |> Partial.collectChunks (spec text) |> isSame

            for isFile in [ true; false ] do
                DataSets.withFile ".arrow" (fun path ->
                    Writers.arrow isFile path (DataSets.named frame)
                    StreamedSums.ofArrow path (spec text) |> isSame)

            let file = TestData.csv "sleepstudy"

            StreamedSums.ofQuery "DuckDB" LmmFunctional.DuckDb.Duck.connect $"select * from '{file}'" (spec text)
            |> isSame

            StreamedSums.ofQuery
                "DuckDB"
                LmmFunctional.DuckDb.Duck.connect
                $"select * from '{file}' limit 0"
                (spec text)
            |> DataSets.problems
            |> Texts.equal [ "DuckDB has no rows." ]

            Partial.collectChunks (spec text) [ Ok frame; Error [ LmmError.NoRows "The chunk" ] ]
            |> DataSets.problems
            |> Texts.equal [ "The chunk has no rows." ])

        testCase "sums of different models are not added" (fun () ->
            let frame = DataSets.csv "sleepstudy"

            let partial text =
                Partial.collect (spec text) frame |> DataSets.orRaise

            Partial.add (partial "Reaction ~ Days + (1 | Subject)") (partial "Reaction ~ factor(Days) + (1 | Subject)")
            |> DataSets.problems
            |> Texts.equal [
                "The sums do not belong together: they differ in the columns that are kept apart (Subject; Days, Subject). Collect all for one model."
                "The sums do not belong together: they differ in the columns that are summed (Days, Reaction; Reaction). Collect all for one model."
            ])

        testCase "a model that needs more than the sums is refused, one that needs less is fitted" (fun () ->
            let frame = DataSets.csv "sleepstudy"

            let partial =
                Partial.collect (spec "Reaction ~ Days + (1 | Subject)") frame
                |> DataSets.orRaise

            Partial.fitOf FitOptions.defaults (spec "Reaction ~ I(Days^2) + (1 | Subject)") [ partial ]
            |> DataSets.problems
            |> Texts.equal [
                "The sums do not hold column 'Days' as this model uses it; collect them for this model."
            ]

            let smaller = "Reaction ~ 1 + (1 | Subject)"
            let whole = Lmm.fitFormula FitOptions.defaults frame smaller |> DataSets.orRaise

            let summed =
                Partial.fitOf FitOptions.defaults (spec smaller) [ partial ] |> DataSets.orRaise

            Texts.equal [] (differences whole summed))

        testCase "a damaged file of sums gives words" (fun () ->
            DataSets.withFile ".json" (fun path ->
                let partial =
                    Partial.collect (spec "Reaction ~ Days + (1 | Subject)") (DataSets.csv "sleepstudy")
                    |> DataSets.orRaise

                Partial.save path partial |> DataSets.orRaise
                let whole = File.ReadAllText path

                let says reason (text: string) =
                    File.WriteAllText(path, text)

                    Partial.load path
                    |> DataSets.problems
                    |> Texts.equal [
                        $"File '{path}' cannot be read: it is not a file of sums, or it is damaged or cut off ({reason}); write it again."
                    ]

                says "its kind is not 'LmmFunctional sums 1'" "{}"
                says "'counts' is missing" (whole.Replace("\"counts\"", "\"count\""))
                says "its lengths do not agree" (whole.Replace("\"counts\":[10,", "\"counts\":["))
                says "a count is not positive" (whole.Replace("\"counts\":[10,", "\"counts\":[0,"))

                for part in 0..19 do
                    File.WriteAllText(path, whole.Substring(0, whole.Length * part / 20))
                    Check.isNotEmpty (Partial.load path |> DataSets.problems)))
    ]
