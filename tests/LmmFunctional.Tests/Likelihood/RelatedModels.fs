namespace LmmFunctional.Tests

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A random model with related levels and its data.</summary>
type RelatedModel = {
    Seed: int
    Random: string
    Criterion: Criterion
    HasWeights: bool
}

/// <summary>Making related models: a pedigree, the same matrix as sparse inverse and dense, and matrices of lower rank.
/// </summary>
[<RequireQualifiedAccess>]
module RelatedModel =

    // Terms of g are related where the text has a star.
    let private parts = [
        "(1 | g*)"
        "(x | g*)"
        "(x || g*)"
        "(1 | g*) + (1 | g)"
        "(1 | g*) + (1 | h)"
        "(x | g*) + (1 | h)"
        "(1 | g*) + (0 + x | g*)"
        "(1 | g*) + (x | h) + (0 + z | g)"
    ]

    let private random (model: RelatedModel) = Random(model.Seed)

    let make seed : RelatedModel =
        let random = Random(seed: int)

        {
            Seed = seed
            Random = parts[random.Next parts.Length]
            Criterion = (if random.Next 2 = 0 then Criterion.Ml else Criterion.Reml)
            HasWeights = random.Next 3 = 0
        }

    let pedigree (model: RelatedModel) = RandomPedigree.make model.Seed 14

    /// The forms of one matrix.
    let forms (model: RelatedModel) : Relationship list =
        let pedigree = pedigree model
        let sparse = Relationship.ofPedigree pedigree
        let a = RandomPedigree.tabular pedigree
        let n = pedigree.Count
        let inverse = (DenseRelationship.create sparse).Inverse()

        let ofInverse =
            Relationship.ofInverse [
                for i in 0 .. n - 1 do
                    for j in 0..i -> pedigree.Animals[i], pedigree.Animals[j], inverse[i, j]
            ]

        let ofMatrix = Relationship.ofMatrix pedigree.Animals (Matrix.ofArray2D a)

        match ofInverse, ofMatrix with
        | Ok ofInverse, Ok ofMatrix -> [ sparse; ofInverse; ofMatrix ]
        | _ -> [ sparse ]

    /// A matrix of about half rank, of the same levels.
    let singular (model: RelatedModel) : Relationship =
        let pedigree = pedigree model
        let random = random model
        let n = pedigree.Count
        let b = Array2D.init n (n / 2) (fun _ _ -> random.NextDouble() - 0.5)

        let a =
            Matrix.init n n (fun i j -> Seq.init (n / 2) (fun k -> b[i, k] * b[j, k]) |> Seq.sum)

        match Relationship.ofMatrix pedigree.Animals a with
        | Ok relationship -> relationship
        | Error problems -> raise (InvalidOperationException(string problems))

    /// Most animals have records, some several.
    let frame (model: RelatedModel) : Frame =
        let random = random model
        let animals = (pedigree model).Animals
        let rows = 40

        let normal () =
            sqrt (-2.0 * log (1.0 - random.NextDouble()))
            * cos (2.0 * Math.PI * random.NextDouble())

        let column () =
            TestFrame.numbers (List.init rows (fun _ -> normal ()))

        TestFrame.ofColumns [
            "y", column ()
            "x", column ()
            "z", column ()
            "w", TestFrame.numbers (List.init rows (fun _ -> 0.5 + random.NextDouble()))
            "g", TestFrame.texts (List.init rows (fun _ -> animals[random.Next(3, animals.Length)]))
            "h", TestFrame.texts (List.init rows (fun k -> $"h{(if k < 6 then k else random.Next 6)}"))
        ]

    let spec (model: RelatedModel) : LmmSpec =
        let weights = if model.HasWeights then "; weights = w" else ""

        let isRelated =
            model.Random.Split " + (" |> Array.map (fun part -> part.Contains "*")

        match Formula.parse $"""y ~ z + {model.Random.Replace("*", "")}{weights}""" with
        | Ok spec ->
            let related =
                spec.Random
                |> List.mapi (fun k term -> {
                    term with
                        Relationship = if isRelated[k] then Some "A" else None
                })

            LmmSpec.withRandom related spec
        | Error problems -> raise (InvalidOperationException(string problems))

    let likelihoodWith (relationship: Relationship) (model: RelatedModel) : LogLikelihood =
        let made =
            Design.buildWith (Map [ "A", relationship ]) (spec model) (frame model)
            |> Result.bind (LogLikelihood.create model.Criterion)

        match made with
        | Ok likelihood -> likelihood
        | Error problems -> raise (InvalidOperationException(string (List.map LmmError.describe problems)))
