namespace LmmFunctional.Dsl

open System
open LmmFunctional

/// <summary>The builder behind <c>lmm { }</c>: clauses in any order, with <c>if</c> and <c>for</c> among them.</summary>
/// <remarks>Never write <c>yield</c> in the block: it switches the implicit yields off, and the other clauses are then
/// dropped with only warning FS0020. Treat that warning as an error.</remarks>
[<Sealed>]
type LmmBuilder internal () =

    /// A block with only a response.
    member _.Yield(ResponseClause response) : Draft<ResponseGiven> = {
        Draft.empty with
            Responses = [ response ]
    }

    /// A block with only a formula.
    member _.Yield(FormulaClause spec) : Draft<ResponseGiven> = Draft.ofSpec spec

    /// A block with only fixed effects.
    member _.Yield(FixedClause terms) : Draft<ResponseMissing> = { Draft.empty with Sum = terms }

    /// A block with only a random term.
    member _.Yield(RandomClause term) : Draft<ResponseMissing> = { Draft.empty with Random = [ term ] }

    /// A block with only a residual structure.
    member _.Yield(ResidualClause residual) : Draft<ResponseMissing> = {
        Draft.empty with
            Residuals = [ residual ]
    }

    /// A block with only weights.
    member _.Yield(WeightsClause column) : Draft<ResponseMissing> = {
        Draft.empty with
            Weights = [ column ]
    }

    /// Nothing: an <c>if</c> without <c>else</c>.
    member _.Zero() : Draft<ResponseMissing> = Draft.empty

    /// The rest of the block.
    member _.Delay(rest: unit -> Draft<'Response>) = rest ()

    /// A loop; a response is not allowed inside.
    member _.For(items: seq<'Item>, clauses: 'Item -> Draft<ResponseMissing>) : Draft<ResponseMissing> =
        items |> Seq.map clauses |> Seq.fold Draft.merge Draft.empty

    /// A response, then other clauses.
    member _.Combine(first: Draft<ResponseGiven>, rest: Draft<ResponseMissing>) : Draft<ResponseGiven> =
        Draft.merge first rest

    /// Other clauses, then a response.
    member _.Combine(first: Draft<ResponseMissing>, rest: Draft<ResponseGiven>) : Draft<ResponseGiven> =
        Draft.merge first rest

    /// Clauses, none of them a response.
    member _.Combine(first: Draft<ResponseMissing>, rest: Draft<ResponseMissing>) : Draft<ResponseMissing> =
        Draft.merge first rest

    /// Two responses: refused by the compiler.
    [<CompilerMessage("lmm { }: two responses named; keep exactly one 'response'.", 10101, IsError = true)>]
    member _.Combine(first: Draft<ResponseGiven>, rest: Draft<ResponseGiven>) : Draft<ResponseGiven> =
        Draft.merge first rest

    /// <summary>The model.</summary>
    /// <exception cref="T:System.ArgumentException">Two residual structures or two columns of weights.</exception>
    member _.Run(draft: Draft<ResponseGiven>) : LmmSpec = Draft.toSpec draft

    /// No response: refused by the compiler.
    [<CompilerMessage("lmm { }: no response named; add, for example, response \"y\".", 10102, IsError = true)>]
    member _.Run(_: Draft<ResponseMissing>) : LmmSpec =
        raise (InvalidOperationException "lmm { }: no response named; the compiler refuses this.")
