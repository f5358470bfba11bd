namespace LmmFunctional.Benchmarks

open System
open System.Globalization
open System.IO
open LmmFunctional

/// <summary>A data set, as columns in memory and as a CSV file for others to read.</summary>
[<NoComparison; ReferenceEquality>]
type Dataset = {
    Frame: Frame
    /// The CSV file with the same numbers.
    Path: string
}

/// <summary>The data of the cases: files of <c>tests/data</c>, and seeded samples.</summary>
[<RequireQualifiedAccess>]
module Datasets =

    let private orRaise result =
        match result with
        | Ok value -> value
        | Error problems ->
            problems
            |> List.map LmmError.describe
            |> String.concat " "
            |> InvalidDataException
            |> raise

    /// The root of the repository, above the folder that the program runs from.
    let root =
        let rec climb (folder: DirectoryInfo | null) =
            match folder with
            | null -> invalidOp "The program must run from a folder of the repository."
            | folder when File.Exists(Path.Combine(folder.FullName, "LmmFunctional.sln")) -> folder.FullName
            | folder -> climb folder.Parent

        climb (DirectoryInfo AppContext.BaseDirectory)

    // Files

    let private text (value: float) =
        value.ToString("R", CultureInfo.InvariantCulture)

    let private asFactor (frame: Frame) name =
        match Frame.tryColumn name frame with
        | Some(Column.Numeric values) ->
            let levels = values |> Seq.map text |> Column.ofStrings
            Frame.withColumn name levels frame |> orRaise
        | Some(Column.Labelled(_, labels)) -> Frame.withColumn name (Column.ofStrings labels) frame |> orRaise
        | _ -> frame

    /// <summary>A file of <c>tests/data</c>, its grouping factors made categorical.</summary>
    let ofFile name (groups: string list) =
        let path = Path.Combine(root, "tests", "data", name)

        {
            Frame = groups |> List.fold asFactor (Csv.read path |> orRaise)
            Path = path
        }

    let private write path (names: string seq) (columns: Column[]) =
        use writer = new StreamWriter(path: string)
        writer.WriteLine(String.concat "," names)

        for row in 0 .. columns[0].Length - 1 do
            columns
            |> Seq.map (fun column ->
                match column with
                | Column.Numeric values -> text values[row]
                | Column.Labelled(_, labels) -> labels[row]
                | Column.Categorical(levels, codes) -> levels[codes[row]])
            |> String.concat ","
            |> writer.WriteLine

    /// Columns, also written to a CSV file in a folder.
    let private ofColumns folder name (columns: (string * Column) list) =
        let path = Path.Combine(folder, name + ".csv")
        write path (List.map fst columns) (columns |> Seq.map snd |> Array.ofSeq)

        {
            Frame = Frame.ofColumns columns |> orRaise
            Path = path
        }

    // Samples

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let private normals random count =
        Array.init count (fun _ -> normal random)

    /// Six decimals, so that every program reads the same number.
    let private rounded (values: float[]) =
        values |> Array.map (fun value -> Math.Round(value, 6)) |> Column.ofFloats

    let private factor (prefix: string) levels (codes: int[]) =
        Column.factor (Seq.init levels (fun level -> $"{prefix}{level + 1}")) codes

    /// A sampler of indices with probabilities in proportion to the weights.
    let private sampler (random: Random) (weights: float[]) =
        let sums = Array.scan (+) 0.0 weights |> Array.tail
        let total = Array.last sums

        fun () ->
            match Array.BinarySearch(sums, total * random.NextDouble()) with
            | index when index >= 0 -> index
            | insertion -> min ~~~insertion (weights.Length - 1)

    /// <summary>Ratings: 6 040 users by 3 706 items, some of either far more often than others.</summary>
    let ratings rows folder =
        let random = Random 2
        let users, items = 6040, 3706

        let activity =
            Array.init users (fun _ -> (-log(1.0 - random.NextDouble())) ** 1.3 + 0.02)

        let drawUser = sampler random activity

        let drawItem =
            sampler random (Array.init items (fun item -> 1.0 / float (item + 31)))

        let userEffects, itemEffects = normals random users, normals random items
        // The first rows make sure that every level occurs.
        let u = Array.init rows (fun row -> if row < users then row else drawUser ())
        let m = Array.init rows (fun row -> if row < items then row else drawItem ())

        let y =
            Array.map2
                (fun user item -> 3.5 + 0.45 * userEffects[user] + 0.6 * itemEffects[item] + 0.9 * normal random)
                u
                m

        ofColumns folder $"ratings-{rows}" [ "y", rounded y; "u", factor "u" users u; "m", factor "m" items m ]

    /// <summary>Random intercepts and slopes: groups of ten rows each.</summary>
    let slopes groups folder =
        let random = Random 1
        let intercepts = normals random groups
        let slopes = intercepts |> Array.map (fun b -> 0.2 * b + 0.5 * normal random)
        let g = Array.init (10 * groups) (fun row -> row / 10)
        let x = Array.init (10 * groups) (fun row -> float (row % 10))

        let y =
            Array.map2 (fun group x -> 1.0 + 0.5 * x + intercepts[group] + slopes[group] * x + normal random) g x

        ofColumns folder $"slopes-{groups}" [ "y", rounded y; "x", Column.ofFloats x; "g", factor "g" groups g ]

    /// <summary>Every subject meets every item once, in one of the eight conditions of three contrasts, as in the data kb07
    /// of Kronmüller and Barr (2007); most slopes hardly vary, so that the maximal model is singular.</summary>
    let conditions folder =
        let random = Random 7
        let subjects, items = 56, 32
        let n = subjects * items
        let subject = Array.init n (fun row -> row / items)
        let item = Array.init n (fun row -> row % items)

        let contrast bit =
            Array.init n (fun row ->
                if ((subject[row] + item[row]) >>> bit) % 2 = 0 then
                    -1.0
                else
                    1.0)

        let s, p, l = contrast 0, contrast 1, contrast 2
        let bySubject = Array.init subjects (fun _ -> normals random 2)
        let byItem = Array.init items (fun _ -> normals random 2)

        let y =
            Array.init n (fun row ->
                let a, b = bySubject[subject[row]], byItem[item[row]]

                2180.0
                + (-67.0 - 40.0 * a[1]) * s[row]
                + (-333.0 + 60.0 * a[1] - 180.0 * b[0] + 170.0 * b[1]) * p[row]
                + (78.0 + 30.0 * b[1]) * l[row]
                + 300.0 * a[0]
                + 360.0 * b[0]
                + 680.0 * normal random)

        ofColumns folder "conditions" [
            "y", rounded y
            "S", Column.ofFloats s
            "P", Column.ofFloats p
            "L", Column.ofFloats l
            "subj", factor "s" subjects subject
            "item", factor "i" items item
        ]

    /// <summary>Five crossed factors of 30 levels, one row in each of a random thousandth of the cells.</summary>
    let factorial folder =
        let random = Random 5
        let levels, factors = 30, 5
        let cells = pown levels factors
        let chosen = Collections.Generic.HashSet<int>()

        while chosen.Count < cells / 1000 do
            chosen.Add(random.Next cells) |> ignore

        let cell = Array.ofSeq chosen
        let effects = Array.init factors (fun _ -> normals random levels)

        let codes =
            Array.init factors (fun f -> cell |> Array.map (fun c -> c / pown levels f % levels))

        let y =
            Array.init cell.Length (fun row ->
                Seq.init factors (fun f -> 0.2 * float (f + 1) * effects[f][codes[f][row]])
                |> Seq.sum
                |> (+) (normal random))

        ofColumns folder "factorial" [
            "y", rounded y
            for f in 0 .. factors - 1 do
                let name = string (char (int 'a' + f))
                name, factor name levels codes[f]
        ]

    /// <summary>Ten visits of each subject in one of two arms, some missing: errors that are correlated the more the closer
    /// the visits, and more variable the later.</summary>
    let visits subjects missing folder =
        let random = Random 11
        let visits, covariates = 10, 3

        let rows = [|
            for subject in 0 .. subjects - 1 do
                let own = normals random (2 + covariates)
                let mutable error = normal random

                for visit in 0 .. visits - 1 do
                    error <- 0.6 * error + 0.8 * normal random
                    let time = float visit
                    let effect = 0.5 * own[0] + 0.3 * time * (1.0 + 0.2 * float (subject % 2))
                    let y = 10.0 + effect + (0.7 + 0.1 * time) * error + 0.7 * own[1]

                    // The first subject has all visits, so that every visit occurs.
                    if random.NextDouble() >= missing || subject = 0 then
                        struct (subject, visit, own, y)
        |]

        let column (value: struct (int * int * float[] * float) -> float) = rows |> Array.map value |> rounded
        let codes (code: struct (int * int * float[] * float) -> int) = rows |> Array.map code

        ofColumns folder $"visits-{subjects}-{text missing}" [
            "y", column (fun struct (_, _, _, y) -> y)
            "id", factor "s" subjects (codes (fun struct (subject, _, _, _) -> subject))
            "arm", factor "a" 2 (codes (fun struct (subject, _, _, _) -> subject % 2))
            "visit",
            Column.factor (Seq.init visits (fun v -> $"v{v:D2}")) (codes (fun struct (_, visit, _, _) -> visit))
            "t", column (fun struct (_, visit, _, _) -> float visit)
            "base", column (fun struct (_, _, own, _) -> own[0])

            for k in 1..covariates do
                $"c{k}", column (fun struct (_, _, own, _) -> own[1 + k])
        ]
