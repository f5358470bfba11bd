namespace LmmFunctional.Estimation

open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>Whether the rows can tell the covariance parameters of a model, decided by ranks and counts before any fit.
/// </summary>
/// <remarks>What is refused here has a likelihood without a maximum, or one that does not depend on a parameter: a fit
/// would end wherever rounding leads it.</remarks>
[<RequireQualifiedAccess>]
module internal Identifiability =

    // Residuals

    // Subjects

    /// Weights of positions that no model has been written for.
    let private weights shift m =
        Array.init m (fun i -> 1.0 + 0.37 * sin (1.7 * float i + shift))

    /// The rank of some columns of one length.
    let private rank (columns: float[][]) =
        if columns.Length = 0 then
            0
        else
            (Rank.find columns[0].Length columns.Length (Array.concat columns)).Kept.Length

    /// <summary>The columns of the fixed effects that lie between subjects, whatever contrast of their positions is taken.
    /// </summary>
    /// <remarks>The sums of X over the positions of each subject with one set of weights and with another span spaces whose
    /// intersection is that of what is constant within subjects.</remarks>
    let private betweenRank (design: Design) (positions: int[]) m (subjects: int[][]) =
        let x = design.Fixed.Matrix

        let sums shift =
            let weights = weights shift m

            Array.init x.Columns (fun column ->
                subjects
                |> Array.map (Array.sumBy (fun row -> weights[positions[row]] * x[row, column])))
            |> Array.filter (Array.exists ((<>) 0.0))

        let first, second = sums 0.0, sums 2.0
        rank first + rank second - rank (Array.append first second)

    /// How many subjects a matrix needs beside those that the fixed effects between them take.
    let private subjectsNeeded structure m =
        (Catalogue.modelOf structure).SubjectsNeeded m

    let private tooFewSubjects (design: Design) (residual: ResidualDesign) =
        match residual.Factors with
        | [ axis ] when subjectsNeeded axis.Structure axis.Labels.Length > 1 ->
            let m = axis.Labels.Length
            let needed = subjectsNeeded axis.Structure m

            let groups =
                match residual.Levels with
                | Some(factor, levels, codes) -> [
                    for level in 0 .. levels.Length - 1 -> Some(factor, levels[level]), fun row -> codes[row] = level
                  ]
                | None -> [ None, fun _ -> true ]

            [
                for within, isIn in groups do
                    let subjects =
                        [| 0 .. axis.Position.Length - 1 |]
                        |> Array.filter isIn
                        |> Array.groupBy (fun row -> residual.SubjectCodes[row])
                        |> Array.map snd

                    // Hardly any data have so few: only then the fixed effects matter.
                    if subjects.Length < needed + design.Fixed.Matrix.Columns then
                        let between = betweenRank design axis.Position m subjects

                        if subjects.Length - between < needed then
                            LmmError.TooFewSubjects(
                                ResidualText.correlations residual.Term,
                                within,
                                (residual.SubjectName, subjects.Length),
                                (axis.Name, m),
                                needed + between
                            )
            ]
        | _ -> []

    // Random effects

    /// Z of one effect: a column for each level that has it.
    let private levelColumns (term: RandomDesign) effect =
        let n = term.Codes.Length
        let values = term.Columns[effect]
        let columns: float[][] = Array.create term.Levels.Length [||]

        for row in 0 .. n - 1 do
            if values[row] <> 0.0 then
                let level = term.Codes[row]

                if columns[level].Length = 0 then
                    columns[level] <- Array.zeroCreate n

                columns[level].[row] <- values[row]

        columns |> Array.filter (fun column -> column.Length > 0)

    let private levelCount (term: RandomDesign) effect =
        let has = Array.create term.Levels.Length false

        term.Columns[effect]
        |> Array.iteri (fun row value ->
            if value <> 0.0 then
                has[term.Codes[row]] <- true)

        has |> Array.sumBy (fun has -> if has then 1 else 0)

    /// Whether X holds an effect of every level.
    let private isInFixed (x: Matrix) (term: RandomDesign) effect =
        let count = levelCount term effect

        // More columns than X has cannot all be in it.
        count <= x.Columns
        && (let rank =
                Rank.find x.Rows (x.Columns + count) (Array.append x.Values (Array.concat (levelColumns term effect)))

            rank.Kept.Length = x.Columns)

    /// Effects whose variance no likelihood depends on, because the fixed effects take all that they could explain.
    let private fixedAndRandom (held: string list) (design: Design) = [
        for term in design.Random do
            let isHeld =
                held
                |> List.exists (fun name -> name.StartsWith(term.Group + ".", System.StringComparison.Ordinal))

            if not isHeld then
                let inFixed =
                    [ 0 .. term.Names.Length - 1 ]
                    |> List.filter (isInFixed design.Fixed.Matrix term)

                let isEachAlone =
                    (Catalogue.modelOf term.Term.Structure).HasOwnVariances || term.Names.Length = 1

                if isEachAlone || inFixed.Length = term.Names.Length then
                    for effect in inFixed do
                        LmmError.FixedAndRandom(TermText.deparseRandom term.Term, term.Group, term.Names[effect])
    ]

    /// <summary>The design, if its covariance parameters can be estimated.</summary>
    /// <param name="held">Names of parameters that are known.</param>
    /// <param name="design">The design.</param>
    /// <returns>Or: a level with a variance of its own that has one row, or whose rows the fixed effects fit exactly; a matrix
    /// with more freedom than its subjects can tell; random effects that are fixed effects too.</returns>
    let check (held: string list) (design: Design) : Result<Design, LmmError list> =
        let isResidualHeld =
            held
            |> List.exists (fun name -> name.StartsWith("Residual", System.StringComparison.Ordinal))

        let problems = [
            yield! fixedAndRandom held design

            match design.Residual with
            | Some residual when not isResidualHeld ->
                match OwnVariances.mostlySeenOnce residual with
                | [] ->
                    match tooFewSubjects design residual with
                    | [] -> yield! OwnVariances.ownVariances design residual
                    | problems -> yield! problems
                | problems -> yield! problems
            | _ -> ()
        ]

        // What is wrong with all rows is said of them, not of each level.
        if
            not problems.IsEmpty
            && OwnVariances.isFitted design (Array.init design.Response.Length id)
        then
            Error [ LmmError.ResponseFitsExactly(ExprText.deparse design.Spec.Response) ]
        else
            Problems.unless problems design
