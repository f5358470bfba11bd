namespace LmmFunctional.Tests

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Small models with structured residuals whose random effects are crossed or related: whitened equations beside
/// dense blocks of the same rows, or beside dense matrices.</summary>
[<RequireQualifiedAccess>]
module internal WhitenedModels =

    let private orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    let private crossed = [
        "(1 | id)"
        "(t | id)"
        "(1 | visit)"
        "(1 | visit) + (1 | id)"
        "(1 | visit) + (t | site)"
        "(z || visit) + (1 | site)"
        "(z | visit)"
        "(1 | id) + (0 + z | id) + (1 | visit)"
        "cs(0 + arm | visit) + (1 | id)"
        "ar1(0 + visit | site) + (z | visit)"
    ]

    /// The same model with random effects that may be crossed with the subjects.
    let cross (model: StructuredModel) = {
        model with
            Random = crossed[model.Seed % crossed.Length]
    }

    /// The engine of a design that has been met with another method.
    let engineOf (likelihood: LogLikelihood) : WhitenedEngine =
        let marginal =
            MarginalModel.parameters likelihood.Design likelihood.Standard likelihood.Layout

        match WhitenedModel.tryCreate likelihood.Design likelihood.Standard marginal with
        | Some model -> WhitenedVariance.engine model
        | None -> invalidOp "The tables of a small model are too large."

    /// V by whitened equations.
    let varianceOf (engine: WhitenedEngine) : IVariance =
        SolvedVariance.create (WhitenedVariance.solver engine)

    /// The same likelihood by whitened equations.
    let whitened (likelihood: LogLikelihood) : LogLikelihood =
        let candidate = {
            Engine = "whitened"
            Lead = None
            Work = 0.0
            Bytes = 0.0
        }

        let plan = {
            Way = ResidualWay.Equations (engineOf likelihood).Model
            Chosen = candidate
            Candidates = [ candidate ]
        }

        let method, variance, full =
            StructuredResidualsObjective.create
                likelihood.Criterion
                likelihood.Design
                likelihood.Standard
                likelihood.Layout
                plan
            |> orRaise

        {
            likelihood with
                Method = method
                Variance = variance
                Full = full
                Function = full None
        }

    let private parts = [
        "known(A | animal)"
        "known(A | animal) + (1 | animal)"
        "kron(us(0 + trait), known(A) | animal)"
        "kron(diag(0 + trait), known(A) | animal) + (1 | herd)"
        "kron(cs(0 + trait), known(A) | animal)"
        "known(A | animal) + (x | herd)"
        "kron(us(0 + trait), known(A) | animal) + kron(us(0 + trait), known(A) | dam)"
    ]

    let private residuals = [
        "us(trait | animal)"
        "diag(trait | animal)"
        "us(trait | animal) per sex"
        "cs(trait | animal)"
        "csh(trait | animal)"
        "ident(trait)"
        "ar1(1 | herd)"
        "arma(1,1)(1 | herd)"
        "cs(1 | herd) * ident(sex)"
        "sp_exp(x | herd) + nugget"
    ]

    /// Two traits of the animals of a small pedigree, some missing, within herds.
    let frame (pedigree: Pedigree) seed =
        let random = Random(seed: int)

        let normal () =
            sqrt (-2.0 * log (1.0 - random.NextDouble()))
            * cos (2.0 * Math.PI * random.NextDouble())

        let rows = [|
            for animal in 2 .. pedigree.Count - 1 do
                let herd = random.Next 3
                let shared = normal ()

                for number in 0..1 do
                    if animal < 6 || random.NextDouble() < 0.85 then
                        animal, number, herd, shared + normal () + float number
        |]

        let texts (text: int * int * int * float -> string) =
            rows |> Array.map text |> TestFrame.texts

        let numbers make =
            rows |> Array.map (fun _ -> make ()) |> TestFrame.numbers

        TestFrame.ofColumns [
            "y", rows |> Array.map (fun (_, _, _, y) -> y) |> TestFrame.numbers
            "animal", texts (fun (animal, _, _, _) -> pedigree.Animals[animal])
            "dam", texts (fun (animal, _, _, _) -> pedigree.Animals[animal / 2])
            "trait", texts (fun (_, number, _, _) -> $"t{number}")
            "herd", texts (fun (_, _, herd, _) -> $"h{herd}")
            "sex", texts (fun (animal, _, _, _) -> $"s{animal % 2}")
            "x", numbers normal
            "w", numbers (fun () -> 0.5 + random.NextDouble())
        ]

    /// Relationships of the animals: sparse, dense, and dense of lower rank.
    let private relationship choice (pedigree: Pedigree) seed =
        match choice with
        | 0 -> Relationship.ofPedigree pedigree
        | 1 ->
            Relationship.ofMatrix pedigree.Animals (Matrix.ofArray2D (RandomPedigree.tabular pedigree))
            |> orRaise
        | _ ->
            let random = Random(seed: int)
            let n = pedigree.Count
            let b = Array2D.init n (n / 2) (fun _ _ -> random.NextDouble() - 0.5)

            Matrix.init n n (fun i j -> Seq.init (n / 2) (fun k -> b[i, k] * b[j, k]) |> Seq.sum)
            |> Relationship.ofMatrix pedigree.Animals
            |> orRaise

    /// A model of a seed with related levels, its text, and its likelihood.
    let related seed : string * LogLikelihood =
        let random = Random(seed: int)
        let pedigree = RandomPedigree.make seed 14
        let choice = random.Next 3

        let part, residual =
            parts[random.Next parts.Length], residuals[random.Next residuals.Length]

        let kind = if random.Next 2 = 0 then Criterion.Ml else Criterion.Reml
        let text = $"y ~ 0 + trait + {part}; residual = {residual}"

        let spec =
            TestFrame.formula text
            |> fun spec ->
                if random.Next 3 = 0 then
                    LmmSpec.withWeights "w" spec
                else
                    spec

        let likelihood =
            Design.buildWith (Map [ "A", relationship choice pedigree seed ]) spec (frame pedigree seed)
            |> Result.bind (LogLikelihood.create kind)
            |> orRaise

        $"{text}, relationship {choice}, {kind}, seed {seed}", likelihood
