"""The evaluation: a fixed set of questions, what counts as right, figures with intervals, reports.

question_set   questions and what is expected of an answer; reads a set's file
matching       when does a text hold a wording?
measures       what each question yields
runs           asks every question
rows           one line a question: what every report is made from
statistics     intervals, ranking and calibration of confidence
figures        means over questions, gates
comparing      two runs over the same questions
terminal, page, plots   reports
command        the `evaluate` command
"""
