/// <summary>The words of everything that can be wrong between a model and its data.</summary>
module LmmFunctional.Tests.DesignProblemTests

open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

let private columns = [
    "Reaction", TestFrame.numbers [ 1.0; 3.0; 2.0; 5.0; 4.0; 7.0 ]
    "Days", TestFrame.numbers [ 0.0; 1.0; 2.0; 3.0; 4.0; 5.0 ]
    "Subject", TestFrame.texts [ "a"; "a"; "b"; "b"; "c"; "c" ]
    "id", TestFrame.texts [ "1"; "2"; "3"; "4"; "5"; "6" ]
    "comma", TestFrame.texts [ "1"; "-1,5"; "2"; "x"; "3"; "4" ]
    "mixed", TestFrame.texts [ ""; "1e3"; "1,234,5"; "2"; "3"; "4" ]
    "one", TestFrame.texts [ "k"; "k"; "k"; "k"; "k"; "k" ]
    "same", TestFrame.numbers [ 2.0; 2.0; 2.0; 2.0; 2.0; 2.0 ]
    "empty", TestFrame.numbers [ nan; nan; nan; nan; nan; nan ]
    "blank", TestFrame.texts [ ""; ""; ""; ""; ""; "" ]
    "left", TestFrame.numbers [ 1.0; 2.0; 3.0; nan; nan; nan ]
    "right", TestFrame.numbers [ nan; nan; nan; 1.0; 2.0; 3.0 ]
    "w", TestFrame.numbers [ 1.0; 1.0; -2.5; 1.0; nan; infinity ]
    "ones", TestFrame.numbers [ 1.0; 1.0; 1.0; 2.0; 1.0; 1.0 ]
    "huge", TestFrame.numbers [ 1.0; 1e100; 2.0; 3.0; 4.0; 6.0 ]
    "none", TestFrame.numbers [ 0.0; 0.0; 0.0; 0.0; 0.0; 0.0 ]
]

let private frame = TestFrame.ofColumns columns

let private cases: (string * string list) list = [
    // Names
    "reaction ~ Days", [ "Column 'reaction' is not in the data; did you mean 'Reaction'?" ]
    "Reaction ~ Dayz + (1 | Subjekt)",
    [
        "Column 'Dayz' is not in the data; did you mean 'Days'?"
        "Column 'Subjekt' is not in the data; did you mean 'Subject'?"
    ]
    // Nothing is near enough to be meant: ten names that are there, the nearest first.
    "Reaction ~ unheardOf",
    [
        "Column 'unheardOf' is not in the data; there are Reaction, mixed, one, ones, Days, Subject, id, comma, same, empty and 6 more."
    ]
    "Reaction ~ Days; weights = ws",
    [
        "Column 'ws' is not in the data; there are w, id, Days, one, ones, same, left, huge, none, comma and 6 more."
    ]
    "Reaction ~ sqr(Days)", [ "Function 'sqr' is not known; did you mean 'sqrt'?" ]
    "Reaction ~ gamma(Days)", [ "Function 'gamma' is not known." ]
    // Arguments
    "Reaction ~ sqrt(Days, 2)", [ "In 'sqrt(Days, 2)': 'sqrt' takes one number; write sqrt(x)." ]
    "Reaction ~ poly(Days, 1.5)",
    [
        "In 'poly(Days, 1.5)': write poly(x, 2) with a whole number, and raw = TRUE if wanted."
    ]
    "Reaction ~ poly(Days, 6)",
    [
        "In 'poly(Days, 6)': degree 6 needs more than 6 different values, and there are 6."
    ]
    "Reaction ~ poly(same)",
    [
        "In 'poly(same)': degree 1 needs more than 1 different value, and there is 1."
    ]
    "Reaction ~ ns(Days, 0)", [ "In 'ns(Days, 0)': write ns(x, 4), ns(x, df = 4) or ns(x, knots = c(...))." ]
    "Reaction ~ poly()", [ "In 'poly()': write poly(x, 3), with a column or expression x." ]
    "Reaction ~ bs(Days, 2)", [ "In 'bs(Days, 2)': at least 3 degrees of freedom are needed." ]
    "Reaction ~ ns(Days, knots = 9)",
    [
        "In 'ns(Days, knots = 9)': knots must lie strictly between the smallest and the largest value."
    ]
    "Reaction ~ ns(Days, degree = 2)",
    [
        "In 'ns(Days, degree = 2)': write ns(x, 4), ns(x, df = 4) or ns(x, knots = c(...))."
    ]
    "Reaction ~ ns(same, 2)",
    [
        "In 'ns(same, 2)': a spline needs at least two different values, and there is only one."
    ]
    "Reaction ~ scale(same)",
    [
        "In 'scale(same)': the values are all the same, so there is nothing to scale by; leave it out."
    ]
    "Reaction ~ scale(Days, 1)", [ "In 'scale(Days, 1)': 'center' and 'scale' must be TRUE or FALSE." ]
    "Reaction ~ scale()",
    [
        "In 'scale()': write scale(x), with center = FALSE or scale = FALSE if wanted."
    ]
    "Reaction ~ C(Subject, zero)",
    [
        "In 'C(Subject, zero)': the contrasts are treatment, sas, sum, helmert and poly."
    ]
    "Reaction ~ C(Subject, sum, 2)",
    [
        "In 'C(Subject, sum, 2)': write C(x, sum), with treatment, sas, sum, helmert or poly."
    ]
    "Reaction ~ factor(Days, 2)", [ "In 'factor(Days, 2)': 'factor' takes one variable; write factor(x)." ]
    "Reaction ~ I(poly(Days, 2) + 1)", [ "In 'poly(Days, 2)': 'poly' must stand alone, not inside other functions." ]
    "Reaction ~ log(offset(Days))",
    [
        "In 'offset(Days)': an offset must be a term of its own among the fixed effects."
    ]
    "Reaction ~ log(\"Days\")",
    [
        "In '\"Days\"': text in quotes is not a number; write a column's name without quotes."
    ]
    // Values
    "Subject ~ Days",
    [
        "Column 'Subject' is text, but the response needs numbers; "
        + "row 1 has 'a', which is not a number."
    ]
    "Reaction ~ log(Subject)",
    [
        "Column 'Subject' is text, but 'log(Subject)' needs numbers; "
        + "row 1 has 'a', which is not a number."
    ]
    "Reaction ~ Days; weights = Subject",
    [
        "Column 'Subject' is text, but a weight needs numbers; "
        + "row 1 has 'a', which is not a number."
    ]
    "Reaction ~ offset(Subject)",
    [
        "Column 'Subject' is text, but 'offset(Subject)' needs numbers; "
        + "row 1 has 'a', which is not a number."
    ]
    "Reaction ~ sqrt(comma) + I(mixed + 1)",
    [
        "Column 'comma' is text, but 'sqrt(comma)' needs numbers; row 2 has '-1,5': write decimal points, -1.5."
        "Column 'mixed' has numbers except in row 3 ('1,234,5'), and 'I(mixed + 1)' needs numbers: correct it, "
        + "name a code of missing values (--na \"1,234,5\")."
    ]
    "id ~ Days",
    [
        "Column 'id' is text, but the response needs numbers; make the column numeric."
    ]
    "Reaction ~ log(Days) + I(1/(Days - 2))",
    [
        "'log(Days)' is not a finite number in row 1; check the values it is computed from."
        "'I(1/(Days - 2))' is not a finite number in row 3; check the values it is computed from."
    ]
    "log(Days) ~ Reaction",
    [
        "'log(Days)' is not a finite number in row 1; check the values it is computed from."
    ]
    "Reaction ~ huge:Days + huge:I(huge)",
    [
        "'huge:I(huge)' is beyond 1e150 in row 2, and the squares of such numbers overflow; check the values, or take a larger unit."
    ]
    "Reaction ~ w", [ "Column 'w' is infinite in row 6; check the column." ]
    "Reaction ~ empty + blank",
    [
        "Column 'empty' has no values: every row is missing."
        "Column 'blank' has no values: every row is missing."
    ]
    "Reaction ~ left + right",
    [
        "No rows are left: each of the 6 rows misses a value in some column the model uses."
    ]
    "Reaction ~ Days; weights = w",
    [
        "Weight column 'w' is -2.5 in row 3; weights must be zero or positive."
        "Weight column 'w' is missing in row 5; give every row a weight."
        "Column 'w' is infinite in row 6; check the column."
    ]
    // Models
    "same ~ Days",
    [
        "The response 'same' has the same value in every row; there is nothing to model."
    ]
    "Reaction ~ factor(Days)",
    [
        "6 rows cannot estimate 6 fixed effects and a residual variance; use fewer terms."
    ]
    "Reaction ~ poly(Days, 5)",
    [
        "6 rows cannot estimate 6 fixed effects and a residual variance; use fewer terms."
    ]
    "Reaction ~ Days; weights = none",
    [
        "0 rows cannot estimate 2 fixed effects and a residual variance; use fewer terms."
    ]
    "Reaction ~ one + factor(same)",
    [
        "Factor 'one' has a single level; remove it from the model."
        "Factor 'factor(same)' has a single level; remove it from the model."
    ]
    "Reaction ~ Days + (1 | one)",
    [
        "Grouping factor 'one' has a single level; a variance between its levels cannot be estimated."
    ]
    "Reaction ~ Days + (1 | id)",
    [
        "Grouping factor 'id' has 6 levels, one for each row; its variance cannot be told from the residual."
    ]
    "Reaction ~ Days + (Days | Subject)",
    [
        "Random term '(1 + Days | Subject)' has 6 effects for 6 rows; "
        + "its covariance cannot be told from the residual."
    ]
    // All of them together
    "same ~ log(Days) + sqr(Days) + one + (1 | id) + (1 | Subjekt); weights = w",
    [
        "Column 'Subjekt' is not in the data; did you mean 'Subject'?"
        "Weight column 'w' is -2.5 in row 3; weights must be zero or positive."
        "Weight column 'w' is missing in row 5; give every row a weight."
        "Column 'w' is infinite in row 6; check the column."
        "The response 'same' has the same value in every row; there is nothing to model."
        "'log(Days)' is not a finite number in row 1; check the values it is computed from."
        "Function 'sqr' is not known; did you mean 'sqrt'?"
        "Factor 'one' has a single level; remove it from the model."
    ]
]

let private singular: (LmmError * string) list = [
    LmmError.MoreProblems("data.csv", 1), "data.csv: 1 more problem is not shown; correct those above first."
    LmmError.UnequalLengths("x", 3, 1), "Column 'x' has 1 value where the first column has 3."
    LmmError.NoCompleteRows 1, "No rows are left: the only row misses a value in some column the model uses."
    LmmError.TooFewRows(1, 1), "1 row cannot estimate 1 fixed effect and a residual variance; use fewer terms."
    LmmError.LevelPerRow("g", 1),
    "Grouping factor 'g' has 1 level, one for each row; its variance cannot be told from the residual."
    LmmError.TooManyRandomEffects("(1 | g)", 1, 1),
    "Random term '(1 | g)' has 1 effect for 1 row; its covariance cannot be told from the residual."
]

[<Tests>]
let tests =
    testList "DesignProblemTests" [
        testCases "problems are said in words" cases (fun (text: string, words: string list) ->
            Check.equal words (TestFrame.problems text frame))

        testCases "one of a kind is said in the singular" singular (fun (problem: LmmError, words: string) ->
            Check.equal words (LmmError.describe problem))

        testCases
            "what lme4 fits too is no problem"
            [
                "Reaction ~ Days + (1 | id); weights = ones"
                "Reaction ~ Days + (Days || Subject)"
                "Reaction ~ same"
            ]
            (fun (text: string) -> Check.equal [] (TestFrame.problems text frame))

        testCase "a random term needs effects, and its offsets belong elsewhere" (fun () ->
            let term effects = {
                Effects = effects
                Group = Term.ofExpr (Expr.Column "Subject")
                Structure = Structure.Unstructured
                Relationship = None
                PerLevelOf = None
            }

            let spec =
                TestFrame.formula "Reaction ~ Days"
                |> LmmSpec.addRandom (term Terms.empty)
                |> LmmSpec.addRandom (term (Terms.ofList [ Term.intercept ] + Terms.offset (Expr.Column "Days")))

            match Design.build spec frame with
            | Ok _ -> failtest "no problems were found"
            | Error problems ->
                Check.equal
                    [
                        "Random term '(0 | Subject)' has no effects; write (1 | g) for a random intercept."
                        "In 'offset(Days)': an offset must be a term of its own among the fixed effects."
                    ]
                    (problems |> List.map LmmError.describe))

        testCase "a matrix that does not fit into memory is refused with its size" (fun () ->
            let rows, levels = 200_000, 199_000

            let frame =
                TestFrame.ofColumns [
                    "y", TestFrame.numbers (Seq.init rows (fun row -> float (row % 7)))
                    "x", TestFrame.numbers (Seq.init rows (fun row -> float (row % levels)))
                ]

            match Design.build (TestFrame.formula "y ~ factor(x)") frame with
            | Error [ LmmError.TooLarge("The matrix of the fixed effects", bytes, available) ] ->
                Expect.isGreaterThan bytes available "bytes"
            | _ -> failtest "the matrix was not refused")
    ]
