namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Degrees of freedom that follow from the design alone: SAS's containment and between-within
/// methods.</summary>
/// <remarks>Source: SAS/STAT, the MIXED procedure, option DDFM=. A contrast of several terms has the smallest of
/// theirs.</remarks>
[<RequireQualifiedAccess>]
module internal DesignDegrees =

    /// The variables of a term, factors first, then numbers.
    let private variables (schema: Schema) (term: Term) =
        let isFactor expr =
            schema.Fixed
            |> List.collect _.Variables
            |> List.append (schema.Random |> List.collect fst |> List.collect _.Variables)
            |> List.exists (fun coded -> coded.Variable.Expr = expr && Variable.isFactor coded.Variable)

        let factors, numbers = term.Factors |> List.partition isFactor
        Set.ofList factors, Set.ofList numbers

    /// Whether a random effect times its group contains a fixed term: the same numbers, at least the same factors.
    let private contains schema (outer: Term) (group: Term) (inner: Term) =
        let factors, numbers = variables schema inner
        let outerFactors, outerNumbers = variables schema outer
        let all = Set.union outerFactors (Set.ofList group.Factors)
        numbers = outerNumbers && Set.isSubset factors all

    // Relative variances that take all random effects out, nearly: what is missing falls as their inverse.
    let private large = 1e4
    let private larger = 1e5

    /// tr(PZGZᵀ) for a variance of the given size of the first effects of the terms, none of the others.
    let private explained (likelihood: LogLikelihood) (included: bool[][]) (size: float) =
        let lambdas =
            included
            |> Array.map (fun effects ->
                let n = effects.Length

                Array.init (n * n) (fun k -> if k % (n + 1) = 0 && effects[k % n] then sqrt size else 0.0))

        LogLikelihood.withEngine likelihood lambdas (fun engine ->
            engine.Solve()

            Seq.zip included (engine.Derivatives true)
            |> Seq.sumBy (fun (effects, derivative) ->
                let n = effects.Length

                Seq.init n (fun i ->
                    if effects[i] then
                        size * derivative.Trace[i + i * n]
                    else
                        0.0)
                |> Seq.sum))

    /// rank [X Z] − rank X for the random effects included.
    let private rankOf likelihood included =
        let first, second =
            explained likelihood included large, explained likelihood included larger

        round ((larger * second - large * first) / (larger - large))

    let private containmentOf (design: Design) (observations: int) (likelihood: LogLikelihood) : float[] =
        let sizes = design.Random |> List.map _.Names.Length |> Array.ofList

        // Every random effect in order: its term, and the effect columns it has there.
        let effects = [
            for t, ((coded, _), random) in List.indexed (List.zip design.Schema.Random design.Random) do
                let mutable start = 0

                for effect in coded do
                    let count = int (TermCoding.columns effect)
                    t, effect.Term, random.Term.Group, start, count
                    start <- start + count
        ]

        let included upTo =
            let flags = sizes |> Array.map (fun size -> Array.create size false)

            for t, _, _, start, count in List.truncate upTo effects do
                Array.fill flags[t] start count true

            flags

        let ranks =
            [ 0 .. effects.Length ]
            |> List.map (fun upTo -> if upTo = 0 then 0.0 else rankOf likelihood (included upTo))

        let contributions =
            List.pairwise ranks |> List.map (fun (before, after) -> after - before)

        let residual =
            float (observations - likelihood.Standard.Fixed.Length) - List.last ranks

        [|
            for term in design.Fixed.Terms do
                let own =
                    List.zip effects contributions
                    |> List.filter (fun ((_, effect, group, _, _), _) -> contains design.Schema effect group term)
                    |> List.map snd

                max 1.0 (if own.IsEmpty then residual else List.min own)
        |]

    /// <summary>For each fixed term its containment df.</summary>
    /// <returns>The df, or a response that fixed effects fit exactly.</returns>
    let containment (fit: Fit) : Result<float[], LmmError list> =
        // Ranks have nothing to do with the structure of the residuals.
        match fit.Design.Residual with
        | None -> Ok fit.Model
        | Some _ -> LogLikelihood.create fit.Criterion { fit.Design with Residual = None }
        |> Result.map (containmentOf fit.Design fit.Observations)

    /// Whether every level of one factor lies in a single level of another.
    let private isNested (inner: RandomDesign) (outer: RandomDesign) =
        let first = Array.create inner.Levels.Length -1
        let mutable nested = true

        for row in 0 .. inner.Codes.Length - 1 do
            let level = inner.Codes[row]

            if first[level] < 0 then
                first[level] <- outer.Codes[row]
            elif first[level] <> outer.Codes[row] then
                nested <- false

        nested

    /// The grouping factor that all others are nested in.
    let private subjects (design: Design) =
        design.Random
        |> List.filter (fun outer -> design.Random |> List.forall (fun inner -> isNested inner outer))
        |> List.sortBy _.Levels.Length
        |> List.tryHead

    let private isConstantWithin (subject: RandomDesign) (x: Matrix) column =
        let first = Array.create subject.Levels.Length nan
        let mutable constant = true

        for row in 0 .. subject.Codes.Length - 1 do
            let level = subject.Codes[row]
            let value = x[row, column]

            if System.Double.IsNaN first[level] then
                first[level] <- value
            elif first[level] <> value then
                constant <- false

        constant

    /// <summary>For each fixed term its between-within df.</summary>
    /// <returns>The df, or: no grouping factor holds all others, so that nothing is a subject.</returns>
    let betweenWithin (fit: Fit) : Result<float[], LmmError list> =
        let design = fit.Design

        match subjects design with
        | None -> Error [ LmmError.NoSubjects(design.Random |> List.map _.Group |> List.distinct) ]
        | Some subject ->
            let isBetween =
                Array.init fit.FixedCount (isConstantWithin subject design.Fixed.Matrix)

            let between = isBetween |> Array.sumBy (fun is -> if is then 1 else 0)
            let levels = subject.Levels.Length
            let betweenDf = float (levels - between)

            let withinDf = float (fit.Observations - levels - (fit.FixedCount - between))

            let termOf = FixedColumns.termOf design.Fixed

            Ok [|
                for t in 0 .. design.Fixed.Terms.Length - 1 do
                    let isWithin = Seq.exists2 (fun term is -> term = t && not is) termOf isBetween

                    max 1.0 (if isWithin then withinDf else betweenDf)
            |]

    /// The smallest df of the terms that a contrast of the kept columns touches.
    let ofContrast (design: FixedDesign) (degrees: float[]) (contrast: float[]) =
        let termOf = FixedColumns.termOf design

        Seq.zip termOf contrast
        |> Seq.filter (fun (_, weight) -> weight <> 0.0)
        |> Seq.map (fun (term, _) -> degrees[term])
        |> Seq.fold min infinity
