namespace LmmFunctional.Dsl

open System
open LmmFunctional
open LmmFunctional.Model

/// The mark of a draft in which no response is named yet.
[<AbstractClass; Sealed>]
type ResponseMissing = class end

/// The mark of a draft that has its response.
[<AbstractClass; Sealed>]
type ResponseGiven = class end

/// <summary>A half-built model inside <c>lmm { }</c>; its type says whether a response has been named.</summary>
[<NoEquality; NoComparison>]
type Draft<'Response> = internal {
    Responses: Expr list
    Sum: Terms
    Random: RandomTerm list
    Residuals: ResidualTerm list
    Weights: string list
}

/// <summary>What <c>response "y"</c> says.</summary>
[<NoEquality; NoComparison>]
type ResponseClause = internal ResponseClause of Expr

/// <summary>What <c>fixed' terms</c> says.</summary>
[<NoEquality; NoComparison>]
type FixedClause = internal FixedClause of Terms

/// <summary>What <c>random term</c> says.</summary>
[<NoEquality; NoComparison>]
type RandomClause = internal RandomClause of RandomTerm

/// <summary>What <c>residual structure</c> says.</summary>
[<NoEquality; NoComparison>]
type ResidualClause = internal ResidualClause of ResidualTerm

/// <summary>What <c>weights "w"</c> says.</summary>
[<NoEquality; NoComparison>]
type WeightsClause = internal WeightsClause of string

/// <summary>What <c>formula "y ~ x"</c> says: a whole model, response included.</summary>
[<NoEquality; NoComparison>]
type FormulaClause = internal FormulaClause of LmmSpec

[<RequireQualifiedAccess>]
module internal Draft =

    let empty<'Response> : Draft<'Response> = {
        Responses = []
        Sum = Terms.empty
        Random = []
        Residuals = []
        Weights = []
    }

    /// What both drafts say, the first one's clauses first. The result's type is the caller's promise.
    let merge (a: Draft<'A>) (b: Draft<'B>) : Draft<'Both> = {
        Responses = a.Responses @ b.Responses
        Sum = a.Sum + b.Sum
        Random = a.Random @ b.Random
        Residuals = a.Residuals @ b.Residuals
        Weights = a.Weights @ b.Weights
    }

    /// A model as a draft, so that further clauses can add to it. Independent residuals are what a formula without a
    /// residual clause means, so they leave room for one.
    let ofSpec (spec: LmmSpec) : Draft<ResponseGiven> = {
        Responses = [ spec.Response ]
        Sum = spec.Fixed
        Random = spec.Random
        Residuals =
            match spec.Residual with
            | ResidualTerm.Independent -> []
            | structured -> [ structured ]
        Weights = Option.toList spec.Weights
    }

    // Two residuals are a mistake in the program text, like a doubled response; the compiler cannot see it without four
    // marks and sixteen ways to combine them, so the block says it when it runs.
    let toSpec (draft: Draft<ResponseGiven>) : LmmSpec =
        let only what clauses =
            match clauses with
            | [] -> None
            | [ clause ] -> Some clause
            | _ -> raise (ArgumentException $"lmm {{ }}: {what}")

        {
            Response = List.head draft.Responses
            Fixed = draft.Sum
            Random = draft.Random
            Residual =
                draft.Residuals
                |> only (LmmError.describe LmmError.TwoResiduals)
                |> Option.defaultValue ResidualTerm.Independent
            Weights =
                draft.Weights
                |> only "The model has two columns of weights; keep exactly one 'weights'."
        }
