namespace LmmFunctional.Properties

open System
open System.Collections.Immutable
open FsCheck.FSharp
open LmmFunctional

/// <summary>A random model with its data: small enough to print, enough to make everything again.</summary>
type RandomModel = {
    Seed: int
    Rows: int
    Fixed: string
    Random: string
    Criterion: Criterion
    /// Standard deviations of the true random effects over that of the residual: zero gives fits at the boundary.
    Size: float
    HasWeights: bool
    HasOffset: bool
    /// Whether every pair of the levels of g and h is met equally often.
    IsBalanced: bool
    /// The structure of the residuals; empty where they are independent.
    Residual: string
    /// Variances held at known values, by name.
    Held: (string * float) list
}

/// <summary>A model with regular random effects, for laws about θ inside its space.</summary>
type RegularModel = RegularModel of RandomModel

/// <summary>Random values of θ: regular, or with variances of zero, or with singular factors.</summary>
type RandomPoint =
    | Inside of seed: int
    | WithZeros of seed: int
    | WithSingularFactors of seed: int
    /// Near zero, where engines change their way of computing.
    | NearZero of seed: int

/// <summary>Making the data of a random model, and its likelihood.</summary>
[<RequireQualifiedAccess>]
module RandomModel =

    /// One factor; nested; crossed, fully and in part; vector-valued; several terms of one factor.
    let private randomParts = [
        "(1 | g)"
        "(x | g)"
        "(x || g)"
        "(0 + x | g)"
        "(x + z | g)"
        "(0 + f | g)"
        "(1 | g) + (0 + x | g)"
        "(x | g) + (0 + z | g)"
        "(1 | g/k)"
        "(x | g/k)"
        "(1 | g) + (1 | h)"
        "(x | g) + (1 | h)"
        "(1 | g) + (x | h)"
        "(x || g) + (z | h)"
        "(x | g) + (x | h)"
        "(1 | g) + (1 | h) + (1 | g:k)"
        "(x | g) + (1 | h) + (0 + z | h)"
        "(x | g:k) + (z | h) + (1 | g)"
    ]

    // The last three lack full rank; two have no constant in their span.
    let private fixedParts = [
        "1"
        "x"
        "f * x"
        "x + I(x^2) + z"
        "0 + f + z"
        "0 + x"
        "x + I(2 * x + 3)"
        "f + copy + z"
        "0 + f * copy"
    ]

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    /// The formula of a model.
    let formula model =
        let offset = if model.HasOffset then " + offset(o)" else ""
        let random = if model.Random = "" then "" else $" + {model.Random}"

        let residual =
            if model.Residual = "" then
                ""
            else
                $"; residual = {model.Residual}"

        $"y ~ {model.Fixed}{offset}{random}{residual}"

    let private isRelated model = model.Random.Contains "known"

    /// Whether a model has a structure of its own, or related levels.
    let private isStructured model =
        model.Residual <> ""
        || isRelated model
        || List.contains model.Random RandomStructures.randoms

    /// The number of levels of g and h, and of k within g.
    let private levels model =
        let random = Random(model.Seed)
        3 + random.Next 4, 3 + random.Next 3, 2

    /// The columns of the data, numbers or text.
    let columns model : (string * Column) list =
        let random = Random(model.Seed + 1)
        let n = model.Rows
        let ofG, ofH, ofK = levels model

        let codes balanced count =
            if model.IsBalanced then
                Array.init n balanced
            else
                // All levels occur, most rows at random.
                Array.init n (fun i -> if i < count then i else random.Next count)

        let g = codes (fun i -> i % ofG) ofG
        let h = codes (fun i -> i / ofG % ofH) ofH
        let k = Array.init n (fun i -> (i / (ofG * ofH) + random.Next 2) % ofK)
        let f = Array.init n (fun i -> if i < 3 then i else random.Next 3)
        let x = Array.init n (fun _ -> 2.0 + normal random)
        let z = Array.init n (fun _ -> 30.0 * random.NextDouble() - 10.0)
        let o = Array.init n (fun _ -> 5.0 * normal random)

        let effects count =
            Array.init count (fun _ -> model.Size * normal random)

        let ug, xg, uh, zh, uk =
            effects ofG, effects ofG, effects ofH, effects ofH, effects (ofG * ofK)

        let w =
            Array.init n (fun i -> if i % 7 = 6 then 0.0 else 0.25 + 2.0 * random.NextDouble())

        // Seeds of their own: what has no structure is the same with and without them.
        let further, structured =
            RandomStructures.columns (model.Seed + 2) n model.Size normal

        let y =
            Array.init n (fun i ->
                let deviation =
                    if model.HasWeights && w[i] > 0.0 then
                        1.0 / sqrt w[i]
                    else
                        1.0

                20.0 + (if model.HasOffset then o[i] else 0.0) + x[i] - float f[i]
                + ug[g[i]]
                + 0.5 * x[i] * xg[g[i]]
                + uh[h[i]]
                + 0.1 * z[i] * zh[h[i]]
                + uk[g[i] * ofK + k[i]]
                + deviation * normal random
                + (if isStructured model then structured[i] else 0.0))

        let number (values: float[]) =
            Column.Numeric(ImmutableArray.CreateRange values)

        // Codes below ten: their order is that of the texts.
        let text prefix (codes: int[]) =
            let known = codes |> Array.distinct |> Array.sort
            let levels = known |> Seq.map (fun code -> $"{prefix}{code}")
            let places = codes |> Seq.map (fun code -> Array.IndexOf(known, code))
            Column.Categorical(ImmutableArray.CreateRange levels, ImmutableArray.CreateRange places)

        [
            "y", number y
            "x", number x
            "z", number z
            "o", number o
            "w", number w
            "f", text "f" f
            // A coarser factor: its columns depend on those of f.
            "copy", text "c" (f |> Array.map (fun code -> if code = 0 then 0 else 1))
            "g", text "g" g
            "h", text "h" h
            "k", text "k" k
            yield! further
        ]

    let private orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    /// The data of a model: the same every time.
    let frame model =
        Frame.ofColumns (columns model) |> orRaise

    /// The model as it would be written.
    let spec model =
        let spec = Formula.parse (formula model) |> orRaise
        if model.HasWeights then Spec.withWeights "w" spec else spec

    /// The known matrix of the model, if it has one.
    let known model : Map<string, Relationship> =
        if isRelated model then
            RandomStructures.relationship (model.Seed + 3)
            |> Option.map (fun relationship -> "A", relationship)
            |> Option.toList
            |> Map.ofList
        else
            Map.empty

    /// The criterion of the model, its known matrix and variances, the rest by default.
    let options model = {
        FitOptions.defaults with
            Criterion = model.Criterion
            Known = known model
            Held = Map.ofList model.Held
    }

    /// The likelihood of a model and its data.
    let likelihood model =
        Design.buildWith (known model) (spec model) (frame model)
        |> Result.bind (LogLikelihood.createWith (Map.ofList model.Held) model.Criterion)
        |> orRaise

    /// A fit of other data by the model.
    let fitTo frame model =
        Lmm.fit (options model) frame (spec model) |> orRaise

    /// The fit of a model to its data.
    let fit model = fitTo (frame model) model

    let private genOf rows =
        gen {
            let! seed = Gen.choose (0, 1_000_000)
            let! rows = rows
            let! fixedPart = Gen.elements fixedParts
            let! random = Gen.elements randomParts
            let! criterion = Gen.elements [ Criterion.Ml; Criterion.Reml ]
            let! size = Gen.elements [ 0.0; 0.3; 1.0; 3.0 ]
            let! weighted = Gen.elements [ true; false; false ]
            let! offset = Gen.elements [ true; false; false ]
            let! balanced = Gen.elements [ true; false ]

            return {
                Seed = seed
                Rows = rows
                Fixed = fixedPart
                Random = random
                Criterion = criterion
                Size = size
                HasWeights = weighted
                HasOffset = offset
                IsBalanced = balanced
                Residual = ""
                Held = []
            }
        }

    /// A model with a structure in place of the random terms that it had, or with variances held.
    let private structured model =
        let heldTogether = [ "Residual", 1.0; "g.(Intercept)", max 0.1 (model.Size * model.Size) ]

        gen {
            let! residual = Gen.elements RandomStructures.residuals
            let! rich = Gen.elements RandomStructures.richResiduals
            let! beside = Gen.elements RandomStructures.besideResiduals
            let! besideRich = Gen.elements [ ""; ""; "(1 | site)" ]
            let! random = Gen.elements RandomStructures.randoms
            let! held = Gen.elements [ heldTogether; List.truncate 1 heldTogether ]

            let! heldBeside =
                Gen.elements [ "(1 | g)"; "(1 | g) + (1 | h)"; "(1 | g) + (x | h)" ]

            let isField = rich.StartsWith "kron"

            return!
                Gen.frequency [
                    6,
                    Gen.constant {
                        model with
                            Residual = residual
                            Random = beside
                    }
                    6,
                    Gen.constant {
                        model with
                            Residual = rich
                            Random = if isField then "" else besideRich
                    }
                    7, Gen.constant { model with Random = random }
                    1,
                    Gen.constant {
                        model with
                            Random = heldBeside
                            Held = held
                    }
                ]
        }

    let private genStructuredOf rows = genOf rows |> Gen.bind structured

    let private sized fewest most =
        Gen.sized (fun size -> Gen.choose (fewest, fewest + (most - fewest) * min size 100 / 100))

    /// Models of any kind without structures, with 50 to 80 rows.
    let gen = genOf (Gen.choose (50, 80))

    /// <summary>Models of any kind without structures, with a number of rows that grows with the size that FsCheck asks for.</summary>
    let genSized fewest most = genOf (sized fewest most)

    /// <summary>Models with structured residuals, structured random terms, related levels or variances held, and a number of
    /// rows that grows with the size that FsCheck asks for.</summary>
    let genStructured fewest most = genStructuredOf (sized fewest most)

    /// Simpler models: fewer rows, simpler parts.
    let shrink model =
        seq {
            if model.Rows > 50 then
                { model with Rows = 50 }

            if model.HasWeights then
                { model with HasWeights = false }

            if model.HasOffset then
                { model with HasOffset = false }

            if model.Fixed <> "1" then
                { model with Fixed = "1" }

            if model.Criterion = Criterion.Reml then
                { model with Criterion = Criterion.Ml }

            if not model.Held.IsEmpty then
                { model with Held = [] }

            if model.Residual <> "" then
                // Fields need their structure; the others are simpler with fewer random terms.
                if model.Random <> "" then
                    { model with Random = "" }

                {
                    model with
                        Residual = ""
                        Random = "(1 | g)"
                }
            elif isStructured model then
                { model with Random = "(1 | g)" }
            else
                let position = List.findIndex ((=) model.Random) randomParts

                for simpler in List.truncate 3 (List.rev (List.take position randomParts)) do
                    { model with Random = simpler }
        }

    /// <summary>θ for a likelihood, on the scale of its objective.</summary>
    let theta (likelihood: LogLikelihood) point =
        let layout = likelihood.Layout

        let draw (random: Random) (entry: Entry) =
            if entry.Row = entry.Column then
                0.1 + 1.4 * random.NextDouble()
            else
                1.6 * random.NextDouble() - 0.8

        let values =
            match point with
            | Inside seed ->
                let random = Random(seed: int)
                layout.Entries |> Array.map (draw random)
            | NearZero seed ->
                let random = Random(seed: int)
                let size = 10.0 ** (-1.5 - 2.5 * random.NextDouble())
                layout.Entries |> Array.map (fun entry -> size * draw random entry)
            | WithZeros seed ->
                let random = Random(seed: int)

                let off =
                    layout.Shapes
                    |> Array.map (fun shape -> Array.init shape.Order (fun _ -> random.Next 2 = 0))

                layout.Entries
                |> Array.map (fun entry ->
                    let value = draw random entry

                    if off[entry.Term].[entry.Row] || off[entry.Term].[entry.Column] then
                        0.0
                    else
                        value)
            | WithSingularFactors seed ->
                let random = Random(seed: int)
                let rank = layout.Shapes |> Array.map (fun shape -> random.Next(max 1 shape.Order))

                layout.Entries
                |> Array.map (fun entry ->
                    let value = draw random entry
                    if entry.Column >= rank[entry.Term] then 0.0 else value)

        ImmutableArray.CreateRange values

/// <summary>Random models and random points, as FsCheck's <c>Arbitrary</c> takes them.</summary>
type RandomModels =

    /// Models of any kind with 50 to 80 rows.
    static member RandomModel() =
        Arb.fromGenShrink (RandomModel.gen, RandomModel.shrink)

    /// Models whose random effects are as large as their residuals.
    static member RegularModel() =
        RandomModel.gen
        |> Gen.map (fun model -> RegularModel { model with Size = 1.0 })
        |> Arb.fromGen

    /// Values of θ, regular and singular.
    static member RandomPoint() =
        gen {
            let! seed = Gen.choose (0, 1_000_000)
            let! make = Gen.elements [ Inside; Inside; WithZeros; WithSingularFactors; NearZero ]
            return make seed
        }
        |> Arb.fromGen

/// <summary>Random models of few rows, for laws that form n×n matrices.</summary>
type SmallModels =

    /// Models of any kind without structures, with 32 to 40 rows.
    static member RandomModel() =
        Arb.fromGenShrink (RandomModel.genSized 32 40, RandomModel.shrink)

/// <summary>Random models of few rows with structured residuals, structured random terms, related levels or variances held.
/// </summary>
type StructuredSmallModels =

    /// Models with 36 to 44 rows.
    static member RandomModel() =
        Arb.fromGenShrink (RandomModel.genStructured 36 44, RandomModel.shrink)
