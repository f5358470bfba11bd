namespace LmmFunctional.Properties

open System
open System.Collections.Immutable
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Estimation

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
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module RandomModel =

    /// The formula of a model.
    let formula (model: RandomModel) =
        let offset = if model.HasOffset then " + offset(o)" else ""
        let random = if model.Random = "" then "" else $" + {model.Random}"

        let residual =
            if model.Residual = "" then
                ""
            else
                $"; residual = {model.Residual}"

        $"y ~ {model.Fixed}{offset}{random}{residual}"

    /// The columns of the data, numbers or text.
    let columns (model: RandomModel) : (string * Column) list = RandomData.columns model

    let private orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    /// The data of a model: the same every time.
    let frame (model: RandomModel) =
        Frame.ofColumns (columns model) |> orRaise

    /// The model as it would be written.
    let spec (model: RandomModel) =
        let spec = Formula.parse (formula model) |> orRaise

        if model.HasWeights then
            LmmSpec.withWeights "w" spec
        else
            spec

    /// The known matrix of the model, if it has one.
    let known (model: RandomModel) : Map<string, Relationship> =
        if RandomData.isRelated model then
            RandomStructures.relationship (model.Seed + 3)
            |> Option.map (fun relationship -> "A", relationship)
            |> Option.toList
            |> Map.ofList
        else
            Map.empty

    /// The criterion of the model, its known matrix and variances, the rest by default.
    let options (model: RandomModel) = {
        FitOptions.defaults with
            Criterion = model.Criterion
            Known = known model
            Held = Map.ofList model.Held
    }

    /// The likelihood of a model and its data.
    let likelihood (model: RandomModel) =
        Design.buildWith (known model) (spec model) (frame model)
        |> Result.bind (LogLikelihood.createWith (Map.ofList model.Held) model.Criterion)
        |> orRaise

    /// A fit of other data by the model.
    let fitTo frame (model: RandomModel) =
        Lmm.fit (options model) frame (spec model) |> orRaise

    /// The fit of a model to its data.
    let fit (model: RandomModel) = fitTo (frame model) model

    let private genOf rows : Gen<RandomModel> =
        gen {
            let! seed = Gen.choose (0, 1_000_000)
            let! rows = rows
            let! fixedPart = Gen.elements RandomFormulas.fixedParts
            let! random = Gen.elements RandomFormulas.randomParts
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
    let private structured (model: RandomModel) =
        let heldTogether = [ "Residual", 1.0; "g.(Intercept)", max 0.1 (model.Size * model.Size) ]

        gen {
            let! residual = Gen.elements RandomStructures.residuals
            let! rich = Gen.elements RandomStructures.richResiduals
            let! beside = Gen.elements RandomStructures.besideResiduals
            let! besideRich = Gen.elements [ ""; ""; "(1 | site)" ]
            let! random = Gen.elements RandomStructures.randoms
            let! held = Gen.elements [ heldTogether; List.truncate 1 heldTogether ]

            let! heldBeside =
                Gen.elements [
                    "(1 | g)"
                    "(1 | g) + (1 | h)"
                    "(1 | g) + (x | h)"
                    "cs(0 + f | h) + (1 | g)"
                    "(1 | g) + cs(0 + f | h)"
                ]

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
                    2,
                    Gen.constant {
                        model with
                            Random = heldBeside
                            Held = held
                    }
                ]
        }

    /// Whether the rows tell all variances; else a fit refuses the model.
    let isIdentified (model: RandomModel) =
        Design.buildWith (known model) (spec model) (frame model)
        |> Result.bind (Identifiability.check [])
        |> Result.isOk

    let private genStructuredOf rows : Gen<RandomModel> =
        genOf rows |> Gen.bind structured |> Gen.where isIdentified

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
    let shrink (model: RandomModel) =
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
            elif RandomData.isStructured model then
                { model with Random = "(1 | g)" }
            elif model.Held.IsEmpty then
                let position = List.findIndex ((=) model.Random) RandomFormulas.randomParts

                for simpler in List.truncate 3 (List.rev (List.take position RandomFormulas.randomParts)) do
                    { model with Random = simpler }
        }
        |> Seq.filter (fun simpler -> simpler.Residual = "" || isIdentified simpler)

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
