namespace LmmFunctional

open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>A linear mixed model: what the formula language and <c>lmm { }</c> both mean.</summary>
[<StructuredFormatDisplay("{Display}")>]
type LmmSpec = {
    Response: Expr
    Fixed: Terms
    Random: RandomTerm list
    Residual: ResidualTerm
    /// The column of prior weights, if any.
    Weights: string option
} with

    member private spec.Display =
        FormulaPrinter.print spec.Response spec.Fixed spec.Random spec.Residual spec.Weights

    /// The model as canonical formula text.
    override spec.ToString() = spec.Display

/// <summary>Edits of a model; each returns a new one.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module LmmSpec =

    /// A model with this response and fixed effects, independent residuals and no random terms.
    let create response fixedEffects = {
        Response = response
        Fixed = fixedEffects
        Random = []
        Residual = ResidualTerm.Independent
        Weights = None
    }

    /// The model with other fixed effects.
    let withFixed fixedEffects spec = { spec with Fixed = fixedEffects }

    /// The model with one more random term.
    let addRandom term spec = {
        spec with
            Random = spec.Random @ [ term ]
    }

    /// The model with these random terms instead of its own.
    let withRandom terms spec = { spec with LmmSpec.Random = terms }

    /// The model with another covariance of the residuals.
    let withResidual residual spec = {
        spec with
            LmmSpec.Residual = residual
    }

    /// The model weighted by a column: Var(e_i) = σ²/w_i.
    let withWeights column spec = { spec with Weights = Some column }
